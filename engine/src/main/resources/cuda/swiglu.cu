// The gate of the SwiGLU feed-forward, y = silu(a) b with silu(a) = a / (1 + e^-a), and its gradient. A row of x [rows, 2 half] is
// a, then b; y and dy are [rows, half].
//
// 2^log_lanes threads of a block of 256 share a row, the rest of them are rows, so a wide row fills a block and narrow ones do not
// leave it empty. Grid: rows / (256 / 2^log_lanes) blocks.
#include "columns.cuh"

constexpr int THREADS = 256;

__device__ __forceinline__ float sigmoid(float a) { return 1.0f / (1.0f + expf(-a)); }

template <typename T> __device__ __forceinline__ void swiglu(const T* x, T* y, i64 rows, int half, int log_lanes) {
    constexpr int N = Vec<T>::N;
    i64 row = (i64) blockIdx.x * (THREADS >> log_lanes) + (threadIdx.x >> log_lanes);
    if (row >= rows) return;
    bool vectors = aligned16(x) && aligned16(y) && half % N == 0;
    x += row * 2 * half;
    y += row * half;
    int lanes = 1 << log_lanes;
    for (int c = (threadIdx.x & (lanes - 1)) * N; c < half; c += lanes * N) {
        float a[N], b[N];
        load_columns(x + c, half - c, vectors, a);
        load_columns(x + half + c, half - c, vectors, b);
#pragma unroll
        for (int j = 0; j < N; j++) a[j] = a[j] * sigmoid(a[j]) * b[j];
        store_columns(y + c, half - c, vectors, a);
    }
}

// da = dy b silu'(a) with silu'(a) = s (1 + a (1 - s)), s = sigmoid(a) and 1 - s = sigmoid(-a); db = dy silu(a).
template <typename T>
__device__ __forceinline__ void swiglu_backward(const T* x, const T* dy, T* dx, i64 rows, int half, int log_lanes) {
    constexpr int N = Vec<T>::N;
    i64 row = (i64) blockIdx.x * (THREADS >> log_lanes) + (threadIdx.x >> log_lanes);
    if (row >= rows) return;
    bool vectors = aligned16(x) && aligned16(dy) && aligned16(dx) && half % N == 0;
    x += row * 2 * half;
    dx += row * 2 * half;
    dy += row * half;
    int lanes = 1 << log_lanes;
    for (int c = (threadIdx.x & (lanes - 1)) * N; c < half; c += lanes * N) {
        float a[N], b[N], g[N];
        load_columns(x + c, half - c, vectors, a);
        load_columns(x + half + c, half - c, vectors, b);
        load_columns(dy + c, half - c, vectors, g);
#pragma unroll
        for (int j = 0; j < N; j++) {
            float s = sigmoid(a[j]);
            b[j] = g[j] * b[j] * (s * fmaf(a[j], sigmoid(-a[j]), 1.0f));
            a[j] = g[j] * (a[j] * s);
        }
        store_columns(dx + c, half - c, vectors, b);
        store_columns(dx + half + c, half - c, vectors, a);
    }
}

#define SWIGLU(NAME, T)                                                                                                         \
    extern "C" __global__ void __launch_bounds__(THREADS) swiglu_##NAME(const T* x, T* y, i64 rows, int half, int log_lanes) {  \
        swiglu(x, y, rows, half, log_lanes);                                                                                    \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) swiglu_backward_##NAME(const T* x, const T* dy, T* dx, i64 rows,      \
                                                                                 int half, int log_lanes) {                     \
        swiglu_backward(x, dy, dx, rows, half, log_lanes);                                                                      \
    }
FOR_FLOAT_TYPES(SWIGLU)
