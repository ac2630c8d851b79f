// Layer normalisation over the last axis: y = (x - mean) / sqrt(variance + eps) * weight + bias, row by row.
//
// A row of up to 1536 columns is read once and stays in the registers of one to three warps, so the second pass of the variance
// (the mean of (x - mean)^2, which keeps its digits when the mean is large) costs no memory. One warp reads longer rows three
// times, from cache.
//
// Sizes: x and y are [rows, columns], weight and bias [columns], mean and rstd [rows].
#include "columns.cuh"

// Mean and 1 / sqrt(variance + eps) of a row, from the sums of x - mean and of its square. "missing" is what the rounded mean
// lacks, the mean of x - mean: in a row whose values are close to each other it counts.
struct RowStatistics {
    float mean, missing, rstd;

    __device__ __forceinline__ RowStatistics(float mean, float deviations, float squares, int columns, float eps) {
        this->mean = mean;
        missing = deviations / columns;
        float variance = squares / columns - missing * missing;
        rstd = 1.0f / sqrtf(fmaxf(variance, 0.0f) + eps);
    }

    template <typename X, typename W, typename Y, int N>
    __device__ __forceinline__ void normalise(float (&v)[N], const W* weight, const W* bias, Y* y, int left, bool vectors) const {
        float w[N], b[N];
        load_columns(weight, left, vectors, w);
        load_columns(bias, left, vectors, b);
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = fmaf((v[j] - mean - missing) * rstd, w[j], b[j]);
        store_columns(y, left, vectors, v);
    }

    __device__ __forceinline__ void store(float* mean, float* rstd, i64 row) const {
        mean[row] = this->mean;
        rstd[row] = this->rstd;
    }
};

// Whether every row starts at a multiple of 16 bytes and consists of whole packs: the same for all threads.
template <typename X, typename W, typename Y>
__device__ __forceinline__ bool in_vectors(const X* x, const W* weight, const W* bias, const Y* y, int columns) {
    return aligned16(x) && aligned16(weight) && aligned16(bias) && aligned16(y) && columns % Vec<X>::N == 0;
}

// A row a team; columns is at most TEAM_MOST_COLUMNS. Grid: as many blocks as there are groups of Team::teams rows.
template <typename X, typename W, typename Y>
__device__ __forceinline__ void layer_norm(const X* x, const W* weight, const W* bias, Y* y, float* mean, float* rstd, i64 rows,
                                           int columns, float eps) {
    constexpr int N = Vec<X>::N, PACKS = TEAM_LANE_COLUMNS / N;
    __shared__ float scratch[2][2 * TEAM_WARPS];
    Team team(columns);
    i64 row = (i64) blockIdx.x * team.teams + team.team;
    bool mine = row < rows, vectors = in_vectors(x, weight, bias, y, columns);
    x += row * columns;
    y += row * columns;
    float v[PACKS][N], sum = 0.0f, deviations = 0.0f, squares = 0.0f;
#pragma unroll
    for (int k = 0; k < PACKS; k++) {
        int c = (team.thread + k * team.threads) * N, left = mine ? columns - c : 0;
        load_columns(x + c, left, vectors && left > 0, v[k]);
#pragma unroll
        for (int j = 0; j < N; j++) sum += v[k][j];
    }
    float unused = 0.0f;
    team.sum(sum, unused, scratch[0]);
    float m = sum / columns;
#pragma unroll
    for (int k = 0; k < PACKS; k++) {
        int c = (team.thread + k * team.threads) * N;
#pragma unroll
        for (int j = 0; j < N; j++) {
            float d = c + j < columns ? v[k][j] - m : 0.0f;
            deviations += d;
            squares = fmaf(d, d, squares);
        }
    }
    team.sum(deviations, squares, scratch[1]);
    RowStatistics statistics(m, deviations, squares, columns, eps);
#pragma unroll
    for (int k = 0; k < PACKS; k++) {
        int c = (team.thread + k * team.threads) * N;
        if (mine && c < columns) statistics.normalise<X>(v[k], weight + c, bias + c, y + c, columns - c, vectors);
    }
    if (mine && team.thread == 0) statistics.store(mean, rstd, row);
}

// A row a warp, of any length. Grid: rows / TEAM_WARPS blocks.
template <typename X, typename W, typename Y>
__device__ __forceinline__ void layer_norm_long(const X* x, const W* weight, const W* bias, Y* y, float* mean, float* rstd, i64 rows,
                                                int columns, float eps) {
    constexpr int N = Vec<X>::N;
    i64 row = (i64) blockIdx.x * TEAM_WARPS + (threadIdx.x >> 5);
    if (row >= rows) return;
    bool vectors = in_vectors(x, weight, bias, y, columns);
    int first = (threadIdx.x & 31) * N;
    x += row * columns;
    y += row * columns;
    float v[N], sum = 0.0f, deviations = 0.0f, squares = 0.0f;
    for (int c = first; c < columns; c += 32 * N) {
        load_columns(x + c, columns - c, vectors, v);
#pragma unroll
        for (int j = 0; j < N; j++) sum += v[j];
    }
    float m = warp_sum(sum) / columns;
    for (int c = first; c < columns; c += 32 * N) {
        load_columns(x + c, columns - c, vectors, v);
#pragma unroll
        for (int j = 0; j < N; j++) {
            float d = c + j < columns ? v[j] - m : 0.0f;
            deviations += d;
            squares = fmaf(d, d, squares);
        }
    }
    RowStatistics statistics(m, warp_sum(deviations), warp_sum(squares), columns, eps);
    for (int c = first; c < columns; c += 32 * N) {
        load_columns(x + c, columns - c, vectors, v);
        statistics.normalise<X>(v, weight + c, bias + c, y + c, columns - c, vectors);
    }
    if (first == 0) statistics.store(mean, rstd, row);
}

// NAME: the types of x, weight and y; one where they are the same.
#define LAYER_NORM(NAME, X, W, Y)                                                                                               \
    extern "C" __global__ void __launch_bounds__(TEAM_THREADS) layer_norm_##NAME(                                               \
            const X* x, const W* weight, const W* bias, Y* y, float* mean, float* rstd, i64 rows, int columns, float eps) {     \
        layer_norm(x, weight, bias, y, mean, rstd, rows, columns, eps);                                                         \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(TEAM_THREADS) layer_norm_long_##NAME(                                          \
            const X* x, const W* weight, const W* bias, Y* y, float* mean, float* rstd, i64 rows, int columns, float eps) {     \
        layer_norm_long(x, weight, bias, y, mean, rstd, rows, columns, eps);                                                    \
    }
LAYER_NORM(f32, float, float, float)
LAYER_NORM(f32_f32_f16, float, float, f16)
LAYER_NORM(f32_f32_bf16, float, float, bf16)
LAYER_NORM(f16, f16, f16, f16)
LAYER_NORM(bf16, bf16, bf16, bf16)
