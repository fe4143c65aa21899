"""Exercise gpu3: a matrix product and a softmax of rows, as CUDA kernels.

All arrays are CuPy's, on the GPU, float32 or float64 (all of one call alike), and results have that
type. They may have gaps between their entries, as slices and transposed arrays have, and any size,
0 included. The kernels are `cupy.RawKernel`s of your own, and their threads share what they fetch
in shared memory. No function changes its arguments.
"""

import cupy

_TILE = 16
_THREADS = 256

_MATMUL = r"""
extern "C" __global__
void matmul(const REAL* a, const REAL* b, REAL* c, long long m, long long k, long long n) {
    __shared__ REAL a_tile[TILE][TILE];
    __shared__ REAL b_tile[TILE][TILE];
    int tx = threadIdx.x, ty = threadIdx.y;
    long long row = (long long)blockIdx.y * TILE + ty;
    long long col = (long long)blockIdx.x * TILE + tx;
    REAL sum = 0;
    for (long long start = 0; start < k; start += TILE) {
        a_tile[ty][tx] = row < m && start + tx < k ? a[row * k + start + tx] : 0;
        b_tile[ty][tx] = start + ty < k && col < n ? b[(start + ty) * n + col] : 0;
        __syncthreads();
        for (int i = 0; i < TILE; ++i) {
            sum += a_tile[ty][i] * b_tile[i][tx];
        }
        __syncthreads();  // nobody fetches the next tiles while somebody still needs these
    }
    if (row < m && col < n) {
        c[row * n + col] = sum;
    }
}
"""

_SOFTMAX = r"""
extern "C" __global__
void softmax_rows(const REAL* z, REAL* p, long long columns) {
    __shared__ REAL partial[THREADS];
    const REAL* row = z + blockIdx.x * columns;
    REAL* out = p + blockIdx.x * columns;
    int thread = threadIdx.x;

    REAL largest = row[0];
    for (long long j = thread; j < columns; j += THREADS) {
        largest = max(largest, row[j]);
    }
    partial[thread] = largest;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (thread < half) {
            partial[thread] = max(partial[thread], partial[thread + half]);
        }
        __syncthreads();
    }
    largest = partial[0];
    __syncthreads();  // everybody has read the maximum before sums take its place

    REAL sum = 0;
    for (long long j = thread; j < columns; j += THREADS) {
        sum += exp(row[j] - largest);
    }
    partial[thread] = sum;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (thread < half) {
            partial[thread] += partial[thread + half];
        }
        __syncthreads();
    }
    for (long long j = thread; j < columns; j += THREADS) {
        out[j] = exp(row[j] - largest) / partial[0];
    }
}
"""


def _kernel(code, name, dtype):
    real = {"float32": "float", "float64": "double"}[dtype.name]
    options = f"-DREAL={real}", f"-DTILE={_TILE}", f"-DTHREADS={_THREADS}"
    return cupy.RawKernel(code, name, options)


def matmul(a, b):
    """Return the matrix product of `a` (M, K) and `b` (K, N), as a new array (M, N).

    >>> a, b = cupy.array([[1.0, 2.0], [3.0, 4.0]]), cupy.array([[5.0], [6.0]])
    >>> matmul(a, b).tolist()
    [[17.0], [39.0]]
    >>> matmul(cupy.zeros((2, 0)), cupy.zeros((0, 1))).tolist()
    [[0.0], [0.0]]
    """
    a, b = cupy.ascontiguousarray(a), cupy.ascontiguousarray(b)
    (m, k), n = a.shape, b.shape[1]
    c = cupy.empty((m, n), dtype=a.dtype)
    if c.size > 0:
        grid = -(-n // _TILE), -(-m // _TILE)
        _kernel(_MATMUL, "matmul", a.dtype)(grid, (_TILE, _TILE), (a, b, c, m, k, n))
    return c


def softmax_rows(z):
    """Return the softmax of every row of `z` (N, K), as a new array (N, K).

    Nothing overflows for entries of 1000 and -1000.

    >>> softmax_rows(cupy.array([[0.0, 0.0], [1000.0, 0.0]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    z = cupy.ascontiguousarray(z)
    p = cupy.empty_like(z)
    if z.size > 0:
        rows, columns = z.shape
        _kernel(_SOFTMAX, "softmax_rows", z.dtype)((rows,), (_THREADS,), (z, p, columns))
    return p
