// Batch normalisation of the columns (channels) of x [rows, columns], and its gradient.
//
// Everything here goes through x in the same way: a block of 256 threads takes "share" rows, and 2^log_lanes packs of
// N = Vec<T>::N columns side by side; the rest of the threads are rows. So a warp reads neighbouring addresses whether there are 8
// columns or 1000. Grid: rows / share times columns / (N 2^log_lanes) blocks. What a block finds out about its columns goes to
// "parts"; a second kernel puts the parts together in order. All of this depends on the shape alone.
#include "columns.cuh"

constexpr int THREADS = 256;

// This thread's place: its columns [c, c + N), and its rows, begin, begin + step, ... below end.
template <int N> struct Place {
    int c, left, lane, lanes, step;
    i64 begin, end;

    __device__ __forceinline__ Place(i64 rows, int columns, int share, int log_lanes) {
        lanes = 1 << log_lanes;
        lane = threadIdx.x & (lanes - 1);
        step = THREADS >> log_lanes;
        c = (blockIdx.y * lanes + lane) * N;
        left = columns - c;
        begin = (i64) blockIdx.x * share + (threadIdx.x >> log_lanes);
        end = ((i64) blockIdx.x + 1) * share;
        if (end > rows) end = rows;
        if (left <= 0) begin = end;
    }
};

// Mean and sum of squared deviations of "count" values, and how two of them become one (Chan, Golub, LeVeque 1979): no digits are
// lost where the mean is large.
struct Moments {
    float count, mean, squares;

    __device__ __forceinline__ void add(float other_count, float other_mean, float other_squares) {
        float both = count + other_count, share = both > 0.0f ? other_count / both : 0.0f;
        float difference = other_mean - mean;
        mean = fmaf(difference, share, mean);
        squares += fmaf(difference * difference, count * share, other_squares);
        count = both;
    }
};

// parts [blocks, 2, columns]: mean and sum of squared deviations of each block's rows.
template <typename T>
__device__ __forceinline__ void batch_norm_moments(const T* x, float* parts, i64 rows, int columns, int share, int log_lanes) {
    constexpr int N = Vec<T>::N, ROWS = 4;
    __shared__ float means[THREADS * N], squares[THREADS * N], counts[THREADS];
    Place<N> place(rows, columns, share, log_lanes);
    bool vectors = aligned16(x) && columns % N == 0;
    Moments m[N] = {};
    // Four rows at a time: their mean and squared deviations in registers, then one step of Chan's.
    for (i64 row = place.begin; row < place.end; row += ROWS * place.step) {
        float v[ROWS][N];
        int count = 0;
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            i64 r = row + i * place.step;
            int left = r < place.end ? place.left : 0;
            load_columns(x + r * columns + place.c, left, vectors && left > 0, v[i]);
            count += r < place.end;
        }
#pragma unroll
        for (int j = 0; j < N; j++) {
            float sum = 0.0f, deviations = 0.0f;
#pragma unroll
            for (int i = 0; i < ROWS; i++) sum += v[i][j];
            float mean = sum / count;
#pragma unroll
            for (int i = 0; i < ROWS; i++) {
                float d = i < count ? v[i][j] - mean : 0.0f;
                deviations = fmaf(d, d, deviations);
            }
            m[j].add(count, mean, deviations);
        }
    }
    // The threads of the same columns: the second half of them into the first, until one is left.
    int t = threadIdx.x;
#pragma unroll
    for (int j = 0; j < N; j++) {
        means[j * THREADS + t] = m[j].mean;
        squares[j * THREADS + t] = m[j].squares;
    }
    counts[t] = m[0].count;
    __syncthreads();
    for (int half = THREADS / 2; half >= place.lanes; half >>= 1) {
        if (t < half) {
#pragma unroll
            for (int j = 0; j < N; j++) {
                m[j].add(counts[t + half], means[j * THREADS + t + half], squares[j * THREADS + t + half]);
                means[j * THREADS + t] = m[j].mean;
                squares[j * THREADS + t] = m[j].squares;
            }
            counts[t] = m[0].count;
        }
        __syncthreads();
    }
    if (t < place.lanes) {
        float* part = parts + (i64) blockIdx.x * 2 * columns + place.c;
#pragma unroll
        for (int j = 0; j < N; j++)
            if (j < place.left) {
                part[j] = m[j].mean;
                part[columns + j] = m[j].squares;
            }
    }
}

// Mean and 1 / sqrt(variance + eps) of every column; and the running statistics. A warp puts every eighth part of 32 columns
// together, then the eight are put together in order. Grid: columns / 32 blocks.
extern "C" __global__ void __launch_bounds__(THREADS) batch_norm_statistics(
        const float* parts, float* mean, float* rstd, float* running_mean, float* running_var, i64 rows, int columns, int share,
        float momentum, float eps) {
    __shared__ Moments eight[8][32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, c = blockIdx.x * 32 + lane;
    Moments m = {};
    if (c < columns)
        for (i64 p = warp; p * share < rows; p += 8) {
            i64 count = rows - p * share < share ? rows - p * share : share;
            m.add(count, parts[p * 2 * columns + c], parts[(p * 2 + 1) * columns + c]);
        }
    eight[warp][lane] = m;
    __syncthreads();
    if (warp == 0 && c < columns) {
        for (int i = 1; i < 8; i++) m.add(eight[i][lane].count, eight[i][lane].mean, eight[i][lane].squares);
        mean[c] = m.mean;
        rstd[c] = 1.0f / sqrtf(m.squares / m.count + eps);
        running_mean[c] = fmaf(momentum, m.mean - running_mean[c], running_mean[c]);
        running_var[c] = fmaf(momentum, m.squares / (m.count - 1.0f) - running_var[c], running_var[c]);
    }
}

// The same of the running statistics, for evaluation. Grid: columns / THREADS blocks.
extern "C" __global__ void __launch_bounds__(THREADS) batch_norm_running(const float* running_mean, const float* running_var,
                                                                         float* mean, float* rstd, int columns, float eps) {
    int c = blockIdx.x * THREADS + threadIdx.x;
    if (c >= columns) return;
    mean[c] = running_mean[c];
    rstd[c] = 1.0f / sqrtf(running_var[c] + eps);
}

// y = (x - mean) rstd weight + bias.
template <typename T>
__device__ __forceinline__ void batch_norm(const T* x, const float* weight, const float* bias, const float* mean,
                                           const float* rstd, T* y, i64 rows, int columns, int share, int log_lanes) {
    constexpr int N = Vec<T>::N;
    Place<N> place(rows, columns, share, log_lanes);
    bool vectors = aligned16(x) && aligned16(y) && columns % N == 0;
    float m[N], factor[N], shift[N];
#pragma unroll
    for (int j = 0; j < N; j++) {
        bool mine = j < place.left;
        m[j] = mine ? mean[place.c + j] : 0.0f;
        factor[j] = mine ? rstd[place.c + j] * weight[place.c + j] : 0.0f;
        shift[j] = mine ? bias[place.c + j] : 0.0f;
    }
    for (i64 row = place.begin; row < place.end; row += place.step) {
        float v[N];
        load_columns(x + row * columns + place.c, place.left, vectors, v);
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = fmaf(v[j] - m[j], factor[j], shift[j]);
        store_columns(y + row * columns + place.c, place.left, vectors, v);
    }
}

// parts [blocks, 2, columns]: each block's sums of dy n and of dy, with n = (x - mean) rstd. See column_totals in norm_backward.cu.
template <typename T>
__device__ __forceinline__ void batch_norm_backward_parts(const T* x, const float* mean, const float* rstd, const T* dy,
                                                          float* parts, i64 rows, int columns, int share, int log_lanes) {
    constexpr int N = Vec<T>::N;
    __shared__ float dweights[THREADS * N], dbiases[THREADS * N];
    Place<N> place(rows, columns, share, log_lanes);
    bool vectors = aligned16(x) && aligned16(dy) && columns % N == 0;
    float m[N], r[N], dweight[N], dbias[N];
#pragma unroll
    for (int j = 0; j < N; j++) {
        m[j] = j < place.left ? mean[place.c + j] : 0.0f;
        r[j] = j < place.left ? rstd[place.c + j] : 0.0f;
        dweight[j] = dbias[j] = 0.0f;
    }
#pragma unroll 2
    for (i64 row = place.begin; row < place.end; row += place.step) {
        float v[N], g[N];
        load_columns(x + row * columns + place.c, place.left, vectors, v);
        load_columns(dy + row * columns + place.c, place.left, vectors, g);
#pragma unroll
        for (int j = 0; j < N; j++) {
            dweight[j] = fmaf(g[j], (v[j] - m[j]) * r[j], dweight[j]);
            dbias[j] += g[j];
        }
    }
    int t = threadIdx.x;
#pragma unroll
    for (int j = 0; j < N; j++) {
        dweights[j * THREADS + t] = dweight[j];
        dbiases[j * THREADS + t] = dbias[j];
    }
    __syncthreads();
    for (int half = THREADS / 2; half >= place.lanes; half >>= 1) {
        if (t < half)
#pragma unroll
            for (int j = 0; j < N; j++) {
                dweights[j * THREADS + t] += dweights[j * THREADS + t + half];
                dbiases[j * THREADS + t] += dbiases[j * THREADS + t + half];
            }
        __syncthreads();
    }
    if (t < place.lanes) {
        float* part = parts + (i64) blockIdx.x * 2 * columns + place.c;
#pragma unroll
        for (int j = 0; j < N; j++)
            if (j < place.left) {
                part[j] = dweights[j * THREADS + t];
                part[columns + j] = dbiases[j * THREADS + t];
            }
    }
}

// dx = weight rstd (dy - dbias / M - n dweight / M) with per_row = 1 / M, 0 when the statistics were constants.
template <typename T>
__device__ __forceinline__ void batch_norm_backward(const T* x, const float* weight, const float* mean, const float* rstd,
                                                    const T* dy, const float* dweight, const float* dbias, T* dx, i64 rows,
                                                    int columns, int share, int log_lanes, float per_row) {
    constexpr int N = Vec<T>::N;
    Place<N> place(rows, columns, share, log_lanes);
    bool vectors = aligned16(x) && aligned16(dy) && aligned16(dx) && columns % N == 0;
    float m[N], factor[N], slope[N], shift[N];
#pragma unroll
    for (int j = 0; j < N; j++) {
        bool mine = j < place.left;
        float r = mine ? rstd[place.c + j] : 0.0f;
        m[j] = mine ? mean[place.c + j] : 0.0f;
        factor[j] = mine ? weight[place.c + j] * r : 0.0f;
        slope[j] = mine ? -r * dweight[place.c + j] * per_row : 0.0f;
        shift[j] = mine ? -dbias[place.c + j] * per_row : 0.0f;
    }
    for (i64 row = place.begin; row < place.end; row += place.step) {
        float v[N], g[N];
        load_columns(x + row * columns + place.c, place.left, vectors, v);
        load_columns(dy + row * columns + place.c, place.left, vectors, g);
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = factor[j] * (g[j] + fmaf(v[j] - m[j], slope[j], shift[j]));
        store_columns(dx + row * columns + place.c, place.left, vectors, v);
    }
}

#define BATCH_NORM(NAME, T)                                                                                                     \
    extern "C" __global__ void __launch_bounds__(THREADS) batch_norm_moments_##NAME(const T* x, float* parts, i64 rows,         \
                                                                                    int columns, int share, int log_lanes) {    \
        batch_norm_moments(x, parts, rows, columns, share, log_lanes);                                                          \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) batch_norm_##NAME(                                                    \
            const T* x, const float* weight, const float* bias, const float* mean, const float* rstd, T* y, i64 rows,           \
            int columns, int share, int log_lanes) {                                                                            \
        batch_norm(x, weight, bias, mean, rstd, y, rows, columns, share, log_lanes);                                            \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) batch_norm_backward_parts_##NAME(                                     \
            const T* x, const float* mean, const float* rstd, const T* dy, float* parts, i64 rows, int columns, int share,      \
            int log_lanes) {                                                                                                    \
        batch_norm_backward_parts(x, mean, rstd, dy, parts, rows, columns, share, log_lanes);                                   \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) batch_norm_backward_##NAME(                                           \
            const T* x, const float* weight, const float* mean, const float* rstd, const T* dy, const float* dweight,           \
            const float* dbias, T* dx, i64 rows, int columns, int share, int log_lanes, float per_row) {                        \
        batch_norm_backward(x, weight, mean, rstd, dy, dweight, dbias, dx, rows, columns, share, log_lanes, per_row);           \
    }
FOR_FLOAT_TYPES(BATCH_NORM)
