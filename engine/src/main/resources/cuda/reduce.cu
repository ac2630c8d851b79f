// Sums over axes. SumTo: the launcher joins neighbouring axes and sums one of them after the other, so that there are
// two cases: x [rows, n] -> [rows], and x [outer, rows, columns] -> [outer, columns].
//
// Sums are made in float32 with many short chains: a thread adds a few elements one after the other, the threads'
// sums are added as a tree. Long axes are cut into pieces by their length alone; the pieces' sums are a result like
// any other, which the next launch sums. So the order of every sum is fixed by the shape, and no rounding error has a
// long way to grow. LayerScaleBackward: at the end.
#include "fathom.cuh"

constexpr int BLOCK = 256;

// One sum by each group of 2^log2_group neighbouring threads, at most a warp: row r of x [rows, n], n at most a few
// hundred. A block has 256 >> log2_group groups.
template <typename T, typename R>
__device__ __forceinline__ void sum_short_rows(const T* x, R* y, int rows, int n, int log2_group) {
    int group = 1 << log2_group;
    int row = blockIdx.x * (BLOCK >> log2_group) + (threadIdx.x >> log2_group);
    float sum = 0.0f;
    if (row < rows)
        for (int i = threadIdx.x & (group - 1); i < n; i += group) sum += to_f32(x[(i64) row * n + i]);
    for (int lane = group >> 1; lane > 0; lane >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, lane);
    if (row < rows && (threadIdx.x & (group - 1)) == 0) y[row] = from_f32<R>(sum);
}

// N neighbours of a row that has `left` of them, zeros beyond. The order of sums must not depend on where in memory a
// tensor starts, so without 16-byte accesses a thread reads the same elements one by one.
template <typename T>
__device__ __forceinline__ void load_some(const T* x, int left, bool vector, float (&v)[Vec<T>::N]) {
    if (vector && left >= Vec<T>::N) {
        load16(x, v);
        return;
    }
#pragma unroll
    for (int k = 0; k < Vec<T>::N; k++) v[k] = k < left ? to_f32(x[k]) : 0.0f;
}

// One sum a block: `piece` elements of a row of x [rows, n], into y [rows, pieces]. vector: every piece starts at a
// multiple of 16 bytes.
template <typename T, typename R>
__device__ __forceinline__ void sum_long_rows(const T* x, R* y, i64 n, int pieces, int piece, int vector) {
    __shared__ float scratch[32];
    constexpr int N = Vec<T>::N;
    u32 row = blockIdx.x / pieces;
    i64 from = (i64) (blockIdx.x - row * pieces) * piece;
    int length = n - from < piece ? (int) (n - from) : piece;
    x += row * n + from;
    float sum = 0.0f;
#pragma unroll 2
    for (int i = threadIdx.x * N; i < length; i += BLOCK * N) {
        float v[N];
        load_some(x + i, length - i, vector, v);
#pragma unroll
        for (int half = N / 2; half > 0; half /= 2)
#pragma unroll
            for (int k = 0; k < half; k++) v[k] += v[k + half];
        sum += v[0];
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) y[blockIdx.x] = from_f32<R>(sum);
}

// V neighbours of a row, in one access where they are 8 bytes.
template <typename C, int V> __device__ __forceinline__ void store_neighbours(C* to, bool vector, const float (&v)[V]) {
    if constexpr (V * sizeof(C) == 8) {
        struct alignas(8) { C at[V]; } all;
#pragma unroll
        for (int k = 0; k < V; k++) all.at[k] = from_f32<C>(v[k]);
        if (vector) {
            *(decltype(all)*) to = all;
            return;
        }
    }
#pragma unroll
    for (int k = 0; k < V; k++) to[k] = from_f32<C>(v[k]);
}

// Columns of x [outer, rows, columns] into y [outer, pieces, columns]. A block has 2^log2_across threads side by
// side, each with V neighbouring columns, and 256 >> log2_across below each other, each with `chain` rows. Blocks are
// numbered by tile of columns, then piece, then outer. V is Vec<T>::N where it divides the columns, else 1.
//
// copy: receives x in another dtype, element by element; null for none.
template <int V, typename T, typename R, typename C>
__device__ __forceinline__ void sum_columns(const T* x, R* y, C* copy, int rows, int columns, int pieces, int tiles,
                                            int log2_across, int chain, int vector, float* scratch) {
    constexpr int PART = 16;        // rows that are added up before they are added to the thread's sum
    u32 q = blockIdx.x / tiles, outer = q / pieces;
    int piece = (int) (q - outer * pieces);
    int across = 1 << log2_across, down = BLOCK >> log2_across;
    int column = ((int) (blockIdx.x - q * tiles) * across + (threadIdx.x & (across - 1))) * V;
    int first = piece * down * chain + (threadIdx.x >> log2_across);
    int end = min(rows, (piece + 1) * down * chain);
    bool mine = column < columns;

    float sum[V] = {};
    if (mine) {
        const T* from = x + ((i64) outer * rows + first) * columns + column;
        if (copy != nullptr) copy += ((i64) outer * rows + first) * columns + column;
        for (int row = first; row < end; row += down * PART) {
            float part[V] = {};
#pragma unroll 4
            for (int r = row; r < min(end, row + down * PART); r += down) {
                float v[V];
                if constexpr (V > 1) load_some(from, V, vector, v);
                else v[0] = to_f32(*from);
                from += (i64) down * columns;
                if (copy != nullptr) {
                    store_neighbours(copy, vector, v);
                    copy += (i64) down * columns;
                }
#pragma unroll
                for (int k = 0; k < V; k++) part[k] += v[k];
            }
#pragma unroll
            for (int k = 0; k < V; k++) sum[k] += part[k];
        }
    }
    // The sums of threads below each other, as a tree: thread t and thread t + half have the same columns.
#pragma unroll
    for (int k = 0; k < V; k++) scratch[k * BLOCK + threadIdx.x] = sum[k];
    for (int half = BLOCK / 2; half >= across; half >>= 1) {
        __syncthreads();
        if (threadIdx.x < half) {
#pragma unroll
            for (int k = 0; k < V; k++) scratch[k * BLOCK + threadIdx.x] += scratch[k * BLOCK + threadIdx.x + half];
        }
    }
    if (mine && threadIdx.x < across) {
        R* to = y + ((i64) outer * pieces + piece) * columns + column;
#pragma unroll
        for (int k = 0; k < V; k++) to[k] = from_f32<R>(scratch[k * BLOCK + threadIdx.x]);
    }
}

// From the dtype of x to the dtype of the result, or to and from the float32 of the pieces' sums.
#define SUMS(NAME, T, R)                                                                                              \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                               \
        sum_short_rows_##NAME(const T* __restrict__ x, R* __restrict__ y, int rows, int n, int log2_group) {          \
        sum_short_rows(x, y, rows, n, log2_group);                                                                    \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                               \
        sum_long_rows_##NAME(const T* __restrict__ x, R* __restrict__ y, i64 n, int pieces, int piece, int vector) {  \
        sum_long_rows(x, y, n, pieces, piece, vector);                                                                \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                               \
        sum_columns_##NAME(const T* __restrict__ x, R* __restrict__ y, int rows, int columns, int pieces, int tiles,  \
                           int log2_across, int chain, int vector) {                                                  \
        constexpr int N = Vec<T>::N;                                                                                  \
        __shared__ float scratch[N * BLOCK];                                                                          \
        if (columns % N == 0) {                                                                                       \
            sum_columns<N>(x, y, (R*) nullptr, rows, columns, pieces, tiles, log2_across, chain, vector, scratch);    \
        } else {                                                                                                      \
            sum_columns<1>(x, y, (R*) nullptr, rows, columns, pieces, tiles, log2_across, chain, 0, scratch);         \
        }                                                                                                             \
    }
SUMS(f32_f32, float, float)
SUMS(f16_f16, f16, f16)
SUMS(f16_f32, f16, float)
SUMS(f32_f16, float, f16)
SUMS(bf16_bf16, bf16, bf16)
SUMS(bf16_f32, bf16, float)
SUMS(f32_bf16, float, bf16)

// CastWithSums: x [rows, columns] to another dtype, and the sums of its columns on the way.
#define CAST_WITH_SUMS(NAME, T, C)                                                                                    \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                               \
        cast_with_sums_##NAME(const T* __restrict__ x, C* __restrict__ copy, float* __restrict__ y, int rows,         \
                              int columns, int pieces, int tiles, int log2_across, int chain, int vector) {           \
        constexpr int N = Vec<T>::N;                                                                                  \
        __shared__ float scratch[N * BLOCK];                                                                          \
        if (columns % N == 0) {                                                                                       \
            sum_columns<N>(x, y, copy, rows, columns, pieces, tiles, log2_across, chain, vector, scratch);            \
        } else {                                                                                                      \
            sum_columns<1>(x, y, copy, rows, columns, pieces, tiles, log2_across, chain, 0, scratch);                 \
        }                                                                                                             \
    }
CAST_WITH_SUMS(f32_f16, float, f16)
CAST_WITH_SUMS(f32_bf16, float, bf16)

// LayerScaleBackward, a row o of the weight [rows, n] a block, with G of that shape and the sums s [rows]; all but the
// weight in float32:
//
// dweight[o] = gamma[o] G[o]        dgamma[o] = <weight[o], G[o]> + bias[o] s[o]        dbias[o] = gamma[o] s[o]
//
// and scaled[o] = gamma[o] weight[o]. bias, s, dbias and scaled may be null. vector: every row starts at a multiple of 16 bytes.
template <typename T>
__device__ __forceinline__ void layer_scale_backward(const T* weight, const float* gamma, const float* g,
                                                     const float* bias, const float* s, float* dweight, float* dgamma,
                                                     float* dbias, T* scaled, int n, int vector) {
    __shared__ float scratch[32];
    constexpr int N = Vec<T>::N, F = Vec<float>::N;
    int o = blockIdx.x;
    float scale = gamma[o], sum = 0.0f;
    weight += (i64) o * n;
    g += (i64) o * n;
    dweight += (i64) o * n;
    if (scaled != nullptr) scaled += (i64) o * n;
#pragma unroll 1
    for (int i = threadIdx.x * N; i < n; i += BLOCK * N) {
        float w[N], part = 0.0f;
        load_some(weight + i, n - i, vector, w);
#pragma unroll
        for (int k = 0; k < N; k += F) {
            float d[F];
            load_some(g + i + k, n - i - k, vector, d);
#pragma unroll
            for (int j = 0; j < F; j++) {
                part = fmaf(w[k + j], d[j], part);
                d[j] *= scale;
            }
            if (vector && i + k + F <= n) {
                store16(dweight + i + k, d);
            } else {
#pragma unroll
                for (int j = 0; j < F; j++)
                    if (i + k + j < n) dweight[i + k + j] = d[j];
            }
        }
        sum += part;
        if (scaled != nullptr) {
#pragma unroll
            for (int k = 0; k < N; k++) w[k] *= scale;
            if (vector && i + N <= n) {
                store16(scaled + i, w);
            } else {
#pragma unroll
                for (int k = 0; k < N; k++)
                    if (i + k < n) scaled[i + k] = from_f32<T>(w[k]);
            }
        }
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) {
        dgamma[o] = s == nullptr ? sum : fmaf(bias[o], s[o], sum);
        if (dbias != nullptr) dbias[o] = scale * s[o];
    }
}

#define LAYER_SCALE(SUFFIX, T)                                                                                     \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                            \
        layer_scale_backward_##SUFFIX(const T* __restrict__ weight, const float* __restrict__ gamma,               \
                                      const float* __restrict__ g, const float* __restrict__ bias,                 \
                                      const float* __restrict__ s, float* __restrict__ dweight,                    \
                                      float* __restrict__ dgamma, float* __restrict__ dbias,                       \
                                      T* __restrict__ scaled, int n, int vector) {                                 \
        layer_scale_backward(weight, gamma, g, bias, s, dweight, dgamma, dbias, scaled, n, vector);                \
    }
FOR_FLOAT_TYPES(LAYER_SCALE)
