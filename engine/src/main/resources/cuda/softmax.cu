// Softmax over the last axis, y = e^(x - m) / sum e^(x - m) with m the largest x of the row, and its gradient,
// dx = y (dy - sum dy y). (Attention has a softmax of its own, which never sees a whole row.)
//
// A warp takes a row of up to 1024 columns, a block of 256 threads a longer one; 16-byte accesses, and passes over the row that
// find it in cache. Sizes: everything is [rows, columns]. Grid: rows / 8 blocks, or rows.
#include "columns.cuh"

constexpr int THREADS = 256;

// Whoever works on a row together: the 32 threads of a warp or the 256 of a block.
struct Warp {
    static constexpr int SIZE = 32;
    __device__ __forceinline__ static i64 row() { return (i64) blockIdx.x * (THREADS / 32) + (threadIdx.x >> 5); }
    __device__ __forceinline__ static int thread() { return threadIdx.x & 31; }
    __device__ __forceinline__ static float sum(float v, float*) { return warp_sum(v); }
    __device__ __forceinline__ static float max(float v, float*) { return warp_max(v); }
};
struct Block {
    static constexpr int SIZE = THREADS;
    __device__ __forceinline__ static i64 row() { return blockIdx.x; }
    __device__ __forceinline__ static int thread() { return threadIdx.x; }
    __device__ __forceinline__ static float sum(float v, float* scratch) { return block_sum(v, scratch); }
    __device__ __forceinline__ static float max(float v, float* scratch) {
        v = warp_max(v);
        if ((threadIdx.x & 31) == 0) scratch[threadIdx.x >> 5] = v;
        __syncthreads();
        v = warp_max(scratch[threadIdx.x & (THREADS / 32 - 1)]);
        __syncthreads();
        return v;
    }
};

// e^d for d <= 0; 0 below 2^-126, where float32 has no full precision. NaN stays NaN.
__device__ __forceinline__ float exp_flushed(float d) { return d < -87.3365f ? 0.0f : expf(d); }

template <typename T, typename Group> __device__ __forceinline__ void softmax(const T* x, T* y, i64 rows, int columns) {
    constexpr int N = Vec<T>::N;
    __shared__ float scratch[32];
    i64 row = Group::row();
    if (row >= rows) return;
    bool vectors = aligned16(x) && aligned16(y) && columns % N == 0;
    int first = Group::thread() * N;
    x += row * columns;
    y += row * columns;
    // NaN is passed over here; the exponentials bring it back.
    float v[N], max = -__int_as_float(0x7f800000), sum = 0.0f;
#pragma unroll 1
    for (int c = first; c < columns; c += Group::SIZE * N) {
        load_columns(x + c, columns - c, vectors, v);
#pragma unroll
        for (int j = 0; j < N; j++)
            if (c + j < columns) max = fmaxf(max, v[j]);
    }
    max = Group::max(max, scratch);
#pragma unroll 1
    for (int c = first; c < columns; c += Group::SIZE * N) {
        load_columns(x + c, columns - c, vectors, v);
#pragma unroll
        for (int j = 0; j < N; j++)
            if (c + j < columns) sum += exp_flushed(v[j] - max);
    }
    sum = Group::sum(sum, scratch);
#pragma unroll 1
    for (int c = first; c < columns; c += Group::SIZE * N) {
        load_columns(x + c, columns - c, vectors, v);
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = exp_flushed(v[j] - max) / sum;
        store_columns(y + c, columns - c, vectors, v);
    }
}

template <typename T, typename Group>
__device__ __forceinline__ void softmax_backward(const T* y, const T* dy, T* dx, i64 rows, int columns) {
    constexpr int N = Vec<T>::N;
    __shared__ float scratch[32];
    i64 row = Group::row();
    if (row >= rows) return;
    bool vectors = aligned16(y) && aligned16(dy) && aligned16(dx) && columns % N == 0;
    int first = Group::thread() * N;
    y += row * columns;
    dy += row * columns;
    dx += row * columns;
    float v[N], g[N], dot = 0.0f;
#pragma unroll 1
    for (int c = first; c < columns; c += Group::SIZE * N) {
        load_columns(y + c, columns - c, vectors, v);
        load_columns(dy + c, columns - c, vectors, g);
#pragma unroll
        for (int j = 0; j < N; j++) dot = fmaf(v[j], g[j], dot);
    }
    dot = Group::sum(dot, scratch);
#pragma unroll 1
    for (int c = first; c < columns; c += Group::SIZE * N) {
        load_columns(y + c, columns - c, vectors, v);
        load_columns(dy + c, columns - c, vectors, g);
#pragma unroll
        for (int j = 0; j < N; j++) v[j] *= g[j] - dot;
        store_columns(dx + c, columns - c, vectors, v);
    }
}

#define SOFTMAX(NAME, T, GROUP)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(THREADS) softmax_##NAME(const T* x, T* y, i64 rows, int columns) {             \
        softmax<T, GROUP>(x, y, rows, columns);                                                                                 \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) softmax_backward_##NAME(const T* y, const T* dy, T* dx, i64 rows,     \
                                                                                  int columns) {                                \
        softmax_backward<T, GROUP>(y, dy, dx, rows, columns);                                                                   \
    }
#define SHORT_AND_LONG(NAME, T) SOFTMAX(NAME, T, Warp) SOFTMAX(long_##NAME, T, Block)
FOR_FLOAT_TYPES(SHORT_AND_LONG)
