// Layer normalisation and its gradient for rows of any length, which do not fit in registers, and for pairs of dtypes that no model
// has: every pass reads the row again, from cache, one element a thread. Formulas and sizes as in norm.cu and norm_backward.cu.
#include "columns.cuh"
#include "norm.cuh"

// A row a warp. Grid: rows / TEAM_WARPS blocks.
template <typename X, typename Y>
__device__ __forceinline__ void layer_norm_long(const Forward<X, Y>& all, const float* weight, const float* bias, float* mean,
                                                float* rstd, Extents size, float eps) {
    int row = blockIdx.x * TEAM_WARPS + (threadIdx.x >> 5), columns = size.columns, lane = threadIdx.x & 31;
    if (row >= size.rows) return;
    const X* x;
    Y* y;
    row_pointers(all, size, row, x, y);
    float sum = 0.0f, deviations = 0.0f, squares = 0.0f;
#pragma unroll 2
    for (int c = lane; c < columns; c += 32) sum += to_f32(x[c]);
    float m = warp_sum(sum) / columns;
#pragma unroll 2
    for (int c = lane; c < columns; c += 32) {
        float d = to_f32(x[c]) - m;
        deviations += d;
        squares = fmaf(d, d, squares);
    }
    RowStatistics statistics(m, warp_sum(deviations), warp_sum(squares), columns, eps);
#pragma unroll 2
    for (int c = lane; c < columns; c += 32) y[c] = from_f32<Y>(statistics.normalise(to_f32(x[c]), weight[c], bias[c]));
    if (lane == 0) statistics.store(mean, rstd, row);
}

// A row a warp: dx alone. Grid: rows / TEAM_WARPS blocks.
template <typename X, typename Y>
__device__ __forceinline__ void layer_norm_backward_long(const Gradients<X, Y>& all, const float* weight, const float* mean,
                                                         const float* rstd, Extents size) {
    int row = blockIdx.x * TEAM_WARPS + (threadIdx.x >> 5), columns = size.columns, statistics;
    if (row >= size.rows) return;
    const X* x;
    const Y* dy;
    X* dx;
    if (!row_pointers(all, size, row, x, dy, dx, statistics)) {
        for (int c = threadIdx.x & 31; c < columns; c += 32) dx[c] = from_f32<X>(0.0f);
        return;
    }
    const X* beside = all.beside(dx, row, size.per);
    float m = mean[statistics], r = rstd[statistics], sum_g = 0.0f, sum_gn = 0.0f;
#pragma unroll 2
    for (int c = threadIdx.x & 31; c < columns; c += 32) {
        float g = to_f32(dy[c]) * weight[c];
        sum_g += g;
        sum_gn = fmaf(g, (to_f32(x[c]) - m) * r, sum_gn);
    }
    float mean_g = warp_sum(sum_g) / columns, mean_gn = warp_sum(sum_gn) / columns;
#pragma unroll 2
    for (int c = threadIdx.x & 31; c < columns; c += 32) {
        float g = to_f32(dy[c]) * weight[c], n = (to_f32(x[c]) - m) * r;
        dx[c] = from_f32<X>(r * (g - fmaf(n, mean_gn, mean_g)) + (beside == nullptr ? 0.0f : to_f32(beside[c])));
    }
}

// ... and the parts of dweight and dbias, of 32 columns by 8 rows at a time. Grid: rows / share times columns / 32 blocks.
template <typename X, typename Y>
__device__ __forceinline__ void layer_norm_backward_parts(const Gradients<X, Y>& all, const float* mean, const float* rstd,
                                                          float* parts, Extents size, int share) {
    __shared__ float sums[2][8][32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, c = blockIdx.y * 32 + lane, columns = size.columns;
    int begin = blockIdx.x * share, end = size.rows - begin < share ? size.rows : begin + share;
    float dweight = 0.0f, dbias = 0.0f;
#pragma unroll 2
    for (int row = begin + warp; row < end; row += 8) {
        const X* x;
        const Y* dy;
        X* dx;
        int statistics;
        if (row_pointers(all, size, row, x, dy, dx, statistics) && c < columns) {
            float g = to_f32(dy[c]);
            dweight = fmaf(g, (to_f32(x[c]) - mean[statistics]) * rstd[statistics], dweight);
            dbias += g;
        }
    }
    sums[0][warp][lane] = dweight;
    sums[1][warp][lane] = dbias;
    __syncthreads();
    if (warp < 2 && c < columns) {
        float sum = 0.0f;
        for (int i = 0; i < 8; i++) sum += sums[warp][i][lane];
        parts[((i64) blockIdx.x * 2 + warp) * columns + c] = sum;
    }
}

// NAME: the types of x and of y or dy.
#define LAYER_NORM_LONG(NAME, X, Y)                                                                                             \
    extern "C" __global__ void __launch_bounds__(TEAM_THREADS, 4) layer_norm_long_##NAME(                                       \
            Forward<X, Y> all, const float* weight, const float* bias, float* mean, float* rstd, int rows, int per, int tokens, \
            int skip, int columns, float eps) {                                                                                 \
        layer_norm_long(all, weight, bias, mean, rstd, {rows, per, tokens, skip, columns}, eps);                                \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(TEAM_THREADS, 4) layer_norm_backward_long_##NAME(                              \
            Gradients<X, Y> all, const float* weight, const float* mean, const float* rstd, int rows, int per, int tokens,      \
            int skip, int columns) {                                                                                            \
        layer_norm_backward_long(all, weight, mean, rstd, {rows, per, tokens, skip, columns});                                  \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(256) layer_norm_backward_parts_##NAME(                                         \
            Gradients<X, Y> all, const float* mean, const float* rstd, float* parts, int rows, int per, int tokens, int skip,   \
            int columns, int share) {                                                                                           \
        layer_norm_backward_parts(all, mean, rstd, parts, {rows, per, tokens, skip, columns}, share);                           \
    }
LAYER_NORM_LONG(f32_f32, float, float)
LAYER_NORM_LONG(f32_f16, float, f16)
LAYER_NORM_LONG(f32_bf16, float, bf16)
LAYER_NORM_LONG(f16_f16, f16, f16)
LAYER_NORM_LONG(f16_f32, f16, float)
LAYER_NORM_LONG(bf16_bf16, bf16, bf16)
LAYER_NORM_LONG(f16_bf16, f16, bf16)
LAYER_NORM_LONG(bf16_f32, bf16, float)
LAYER_NORM_LONG(bf16_f16, bf16, f16)
