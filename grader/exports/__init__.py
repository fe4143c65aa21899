"""What other systems read: their own sheets filled in, and one verdict in their formats.

cells, sheet, filling       a downloaded sheet, and the grades that go into it
canvas, moodle              which cells of their sheets are whose
tables                      all scores as a plain CSV, or as nbgrader's
shown                       what a learner may read of a check
gradescope, classroom50, junit, github
                            one verdict for each of these
"""
