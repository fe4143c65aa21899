"""Plain Python: one feature after the other, sums in loops, lists for the four attributes."""

from math import sqrt


class BatchNorm:
    def __init__(self, d, momentum=0.99, eps=1e-5):
        self.momentum = momentum
        self.eps = eps
        self.gamma = [1.0] * d
        self.beta = [0.0] * d
        self.running_mean = [0.0] * d
        self.running_var = [1.0] * d

    def forward(self, x, train=True):
        n, d = x.shape
        out = [[0.0] * d for _ in range(n)]
        columns = []
        means, variances = list(self.running_mean), list(self.running_var)
        for j in range(d):
            column = [float(x[i, j]) for i in range(n)]
            if train:
                mean = sum(column) / n
                var = sum((value - mean) ** 2 for value in column) / n
                means[j] = self.momentum * means[j] + (1 - self.momentum) * mean
                variances[j] = self.momentum * variances[j] + (1 - self.momentum) * var
            else:
                mean, var = means[j], variances[j]
            std = sqrt(var + self.eps)
            hats = [(value - mean) / std for value in column]
            columns.append((hats, std, float(self.gamma[j])))
            for i in range(n):
                out[i][j] = float(self.gamma[j]) * hats[i] + float(self.beta[j])
        if train:
            self.running_mean, self.running_var = means, variances
            self.columns = columns
        return out

    def backward(self, dout):
        n, d = dout.shape
        dx = [[0.0] * d for _ in range(n)]
        dgamma, dbeta = [], []
        for j, (hats, std, gamma) in enumerate(self.columns):
            column = [float(dout[i, j]) for i in range(n)]
            dbeta.append(sum(column))
            dgamma.append(sum(g * hat for g, hat in zip(column, hats, strict=True)))
            for i in range(n):
                pull = (dbeta[j] + hats[i] * dgamma[j]) / n
                dx[i][j] = gamma / std * (column[i] - pull)
        return dx, dgamma, dbeta
