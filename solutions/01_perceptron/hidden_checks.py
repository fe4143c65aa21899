"""Hidden checks of exercise 1: whole runs beside the reference solution."""

from grader.checking import as_array, assert_close, check, unpack


@check("train", points=2, hidden=True)
def test_random_runs_follow_the_reference(student, reference, rng):
    """Runs on random rows, separable or not, have the reference's weights, bias and mistakes."""
    for rows, features, epochs in ((1, 1, 3), (7, 4, 5), (12, 2, 20)):
        # multiples of 1/8 keep every sum exact, so that ties do not depend on the order of adding
        x = rng.integers(-24, 25, size=(rows, features)) / 8.0
        y = rng.integers(0, 2, size=rows)
        lr = float(rng.choice([0.25, 0.5, 2.0]))
        w, b, mistakes = unpack(student.train(x, y, lr, epochs), 3, name="(w, b, mistakes)")
        expected_w, expected_b, expected_mistakes = reference.train(x, y, lr, epochs)
        assert_close(mistakes, expected_mistakes, name="mistakes")
        assert_close(w, expected_w, name="w")
        assert_close(b, expected_b, name="b")
        test_x = rng.integers(-24, 25, size=(5, features)) / 8.0
        got = student.predict(test_x, as_array(expected_w), float(expected_b))
        assert_close(got, reference.predict(test_x, expected_w, expected_b), name="predictions")
