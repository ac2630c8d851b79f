// Layer normalisation over the last axis: y = (x - mean) / sqrt(variance + eps) * weight + bias, row by row.
//
// A row of up to 1536 columns is read once and stays in the registers of one to three warps, so the second pass of the variance
// (the mean of (x - mean)^2, which keeps its digits when the mean is large) costs no memory. Longer rows: norm_long.cu.
//
// x and y have dtypes of their own (under autocast a float32 x gives a 16-bit y); all else is float32.
#include "columns.cuh"
#include "norm.cuh"

// A row a team; columns is at most TEAM_MOST_COLUMNS. Grid: as many blocks as there are groups of Team::teams rows.
template <typename X, typename Y>
__device__ __forceinline__ void layer_norm(const Forward<X, Y>& all, const float* weight, const float* bias, float* mean,
                                           float* rstd, Extents size, float eps) {
    constexpr int N = Vec<X>::N, PACKS = TEAM_LANE_COLUMNS / N;
    __shared__ float scratch[2][2 * TEAM_WARPS];
    int columns = size.columns;
    Team team(columns);
    int row = blockIdx.x * team.teams + team.team;
    bool mine = row < size.rows;
    const X* x;
    Y* y;
    row_pointers(all, size, mine ? row : 0, x, y);
    bool vectors = aligned16(x) && aligned16(weight) && aligned16(bias) && aligned16(y) && columns % N == 0;
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
        if (mine && c < columns) {
            float w[N], b[N];
            load_columns(weight + c, columns - c, vectors, w);
            load_columns(bias + c, columns - c, vectors, b);
#pragma unroll
            for (int j = 0; j < N; j++) v[k][j] = statistics.normalise(v[k][j], w[j], b[j]);
            store_columns(y + c, columns - c, vectors, v[k]);
        }
    }
    if (mine && team.thread == 0) statistics.store(mean, rstd, row);
}

// NAME: the types of x and y.
#define LAYER_NORM(NAME, X, Y)                                                                                                  \
    extern "C" __global__ void __launch_bounds__(TEAM_THREADS, 4) layer_norm_##NAME(                                            \
            Forward<X, Y> all, const float* weight, const float* bias, float* mean, float* rstd, int rows, int per, int tokens, \
            int skip, int columns, float eps) {                                                                                 \
        layer_norm(all, weight, bias, mean, rstd, {rows, per, tokens, skip, columns}, eps);                                     \
    }
LAYER_NORM(f32_f32, float, float)
LAYER_NORM(f32_f16, float, f16)
LAYER_NORM(f32_bf16, float, bf16)
LAYER_NORM(f16_f16, f16, f16)
LAYER_NORM(bf16_bf16, bf16, bf16)
