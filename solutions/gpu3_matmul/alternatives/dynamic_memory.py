"""Shared memory whose size is given at the launch; the kernels are compiled once a type."""

import functools

import cupy

SOURCE = r"""
extern __shared__ __align__(16) unsigned char bytes[];

extern "C" __global__
void gemm(const REAL* a, const REAL* b, REAL* c, long long m, long long k, long long n, long long tile) {
    REAL* a_tile = reinterpret_cast<REAL*>(bytes);
    REAL* b_tile = a_tile + tile * tile;
    long long x = threadIdx.x, y = threadIdx.y;
    long long row = blockIdx.y * tile + y, col = blockIdx.x * tile + x;
    REAL sum = 0;
    for (long long step = 0; step * tile < k; step++) {
        long long ka = step * tile + x, kb = step * tile + y;
        REAL va = 0, vb = 0;
        if (row < m && ka < k) va = a[row * k + ka];
        if (col < n && kb < k) vb = b[kb * n + col];
        a_tile[y * tile + x] = va;
        b_tile[y * tile + x] = vb;
        __syncthreads();
        for (long long i = 0; i < tile; i++) sum += a_tile[y * tile + i] * b_tile[i * tile + x];
        __syncthreads();
    }
    if (row < m && col < n) c[row * n + col] = sum;
}

extern "C" __global__
void softmax(const REAL* z, REAL* p, long long columns) {
    REAL* maxima = reinterpret_cast<REAL*>(bytes);
    REAL* sums = maxima + blockDim.x;
    z += blockIdx.x * columns;
    p += blockIdx.x * columns;
    REAL m = z[0], s = 0;
    for (long long j = threadIdx.x; j < columns; j += blockDim.x) {
        REAL old = m;
        m = max(m, z[j]);
        s = s * exp(old - m) + exp(z[j] - m);
    }
    maxima[threadIdx.x] = m;
    sums[threadIdx.x] = s;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half >>= 1) {
        if (threadIdx.x < half) {
            REAL m2 = maxima[threadIdx.x + half], s2 = sums[threadIdx.x + half];
            REAL top = max(maxima[threadIdx.x], m2);
            sums[threadIdx.x] = sums[threadIdx.x] * exp(maxima[threadIdx.x] - top) + s2 * exp(m2 - top);
            maxima[threadIdx.x] = top;
        }
        __syncthreads();
    }
    for (long long j = threadIdx.x; j < columns; j += blockDim.x) p[j] = exp(z[j] - maxima[0]) / sums[0];
}
"""


@functools.cache
def _get(name, letter):
    t = {"f": "float", "d": "double"}[letter]
    return cupy.RawKernel(SOURCE, name, options=(f"-DREAL={t}",))


def matmul(a, b):
    m, k = a.shape
    k, n = b.shape
    out = cupy.zeros((m, n), dtype=a.dtype)
    tile = 8
    if m and n:
        _get("gemm", a.dtype.char)(
            ((n + tile - 1) // tile, (m + tile - 1) // tile),
            (tile, tile),
            (cupy.ascontiguousarray(a), cupy.ascontiguousarray(b), out, m, k, n, tile),
            shared_mem=2 * tile * tile * a.dtype.itemsize,
        )
    return out


def softmax_rows(z):
    out = cupy.zeros(z.shape, dtype=z.dtype)
    if z.shape[0] and z.shape[1]:
        _get("softmax", z.dtype.char)(
            (z.shape[0],),
            (64,),
            (cupy.ascontiguousarray(z), out, z.shape[1]),
            shared_mem=128 * z.dtype.itemsize,
        )
    return out
