// Gradient of layer normalisation. With n = (x - mean) rstd and g = dy weight, row by row:
//
//   dx = rstd (g - mean(g) - n mean(g n)) [+ arrived],    dweight = sum over rows of dy n,    dbias = sum over rows of dy.
//
// x and dy are read once for all three. A block goes through "share" rows and adds up its part of dweight and dbias in registers;
// the parts of all blocks, [blocks, 2 columns], are added in order by column_totals. How the rows are shared out depends on the
// shape alone, so the same sums come out on every GPU. Rows of more than 1536 columns: norm_long.cu.
//
// x and dy have dtypes of their own, dx that of x; all else is float32. Rows of x that the forward left out get zeros.
#include "columns.cuh"
#include "norm.cuh"

// At most TEAM_MOST_COLUMNS columns, a row a team. share is a multiple of Team::teams. Grid: rows / share blocks.
template <typename X, typename Y>
__device__ __forceinline__ void layer_norm_backward(const Gradients<X, Y>& all, const float* weight, const float* mean,
                                                    const float* rstd, float* parts, Extents size, int share) {
    constexpr int N = Vec<X>::N, PACKS = TEAM_LANE_COLUMNS / N;
    __shared__ float scratch[2][2 * TEAM_WARPS];
    __shared__ float totals[2 * TEAM_MOST_COLUMNS];
    int columns = size.columns;
    Team team(columns);
    float w[PACKS][N], dweight[PACKS][N], dbias[PACKS][N];
#pragma unroll
    for (int k = 0; k < PACKS; k++) {
        int c = (team.thread + k * team.threads) * N;
        load_columns(weight + c, columns - c, aligned16(weight) && columns % N == 0 && c < columns, w[k]);
#pragma unroll
        for (int j = 0; j < N; j++) dweight[k][j] = dbias[k][j] = 0.0f;
    }
    // All teams take the same number of turns, because they meet at barriers.
    int begin = blockIdx.x * share;
    for (int turn = 0; turn < share; turn += team.teams) {
        int row = begin + turn + team.team, statistics;
        bool mine = row < size.rows;
        const X* x;
        const Y* dy;
        X* dx;
        bool read = row_pointers(all, size, mine ? row : 0, x, dy, dx, statistics) && mine;
        const X* beside = all.beside(dx, mine ? row : 0, size.per);
        bool vectors = aligned16(x) && aligned16(dy) && aligned16(dx) && aligned16(beside) && columns % N == 0;
        float m = read ? mean[statistics] : 0.0f, r = read ? rstd[statistics] : 0.0f;
        float n[PACKS][N], g[PACKS][N], sum_g = 0.0f, sum_gn = 0.0f;
#pragma unroll
        for (int k = 0; k < PACKS; k++) {
            int c = (team.thread + k * team.threads) * N, left = read ? columns - c : 0;
            load_columns(x + c, left, vectors && left > 0, n[k]);
            load_columns(dy + c, left, vectors && left > 0, g[k]);
#pragma unroll
            for (int j = 0; j < N; j++) {
                n[k][j] = (n[k][j] - m) * r;
                dweight[k][j] = fmaf(g[k][j], n[k][j], dweight[k][j]);
                dbias[k][j] += g[k][j];
                g[k][j] *= w[k][j];
                sum_g += g[k][j];
                sum_gn = fmaf(g[k][j], n[k][j], sum_gn);
            }
        }
        // Two places in turn: a team's warps may be one turn apart, not two.
        team.sum(sum_g, sum_gn, scratch[turn / team.teams & 1]);
        float mean_g = sum_g / columns, mean_gn = sum_gn / columns;
#pragma unroll
        for (int k = 0; k < PACKS; k++) {
            int c = (team.thread + k * team.threads) * N, left = mine ? columns - c : 0;
#pragma unroll
            for (int j = 0; j < N; j++) g[k][j] = r * (g[k][j] - fmaf(n[k][j], mean_gn, mean_g));
            if (beside != nullptr && left > 0) {
                load_columns(beside + c, left, vectors, n[k]);
#pragma unroll
                for (int j = 0; j < N; j++) g[k][j] += n[k][j];
            }
            if (left > 0) store_columns(dx + c, left, vectors, g[k]);
        }
    }
    // One team after the other adds what it has.
    for (int t = 0; t < team.teams; t++) {
        if (team.team == t) {
#pragma unroll
            for (int k = 0; k < PACKS; k++) {
                int c = (team.thread + k * team.threads) * N;
#pragma unroll
                for (int j = 0; j < N; j++)
                    if (c + j < columns) {
                        totals[c + j] = dweight[k][j] + (t == 0 ? 0.0f : totals[c + j]);
                        totals[columns + c + j] = dbias[k][j] + (t == 0 ? 0.0f : totals[columns + c + j]);
                    }
            }
        }
        __syncthreads();
    }
    for (int i = threadIdx.x; i < 2 * columns; i += TEAM_THREADS) parts[(i64) blockIdx.x * 2 * columns + i] = totals[i];
}

// NAME: the types of x and dy.
#define LAYER_NORM_BACKWARD(NAME, X, Y)                                                                                         \
    extern "C" __global__ void __launch_bounds__(TEAM_THREADS, 2) layer_norm_backward_##NAME(                                   \
            Gradients<X, Y> all, const float* weight, const float* mean, const float* rstd, float* parts, int rows, int per,    \
            int tokens, int skip, int columns, int share) {                                                                     \
        layer_norm_backward(all, weight, mean, rstd, parts, {rows, per, tokens, skip, columns}, share);                         \
    }
LAYER_NORM_BACKWARD(f32_f32, float, float)
LAYER_NORM_BACKWARD(f32_f16, float, f16)
LAYER_NORM_BACKWARD(f32_bf16, float, bf16)
LAYER_NORM_BACKWARD(f16_f16, f16, f16)
LAYER_NORM_BACKWARD(bf16_bf16, bf16, bf16)

// Sums over the parts of two vectors of "columns" elements, parts [count, 2 columns]. A warp adds every eighth part of 32 columns;
// the eight sums are added in order. Grid: 2 columns / 32 blocks.
extern "C" __global__ void __launch_bounds__(256) column_totals(const float* parts, float* first, float* second, int count,
                                                                int columns) {
    __shared__ float sums[8][32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, c = blockIdx.x * 32 + lane;
    float sum = 0.0f;
    if (c < 2 * columns)
        for (int p = warp; p < count; p += 8) sum += parts[(i64) p * 2 * columns + c];
    sums[warp][lane] = sum;
    __syncthreads();
    if (warp == 0 && c < 2 * columns) {
        for (int i = 1; i < 8; i++) sum += sums[i][lane];
        if (c < columns) first[c] = sum;
        else second[c - columns] = sum;
    }
}
