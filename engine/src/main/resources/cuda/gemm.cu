// Products in float32 arithmetic with everything that follows them: y = residual + gamma act(op(A) op(B) + bias).
//
// op(A) is A [M,K], or the transpose of A [K,M] with transpose_a; op(B) is B [K,N], or the transpose of B [N,K] with
// transpose_b (a linear layer's weight). Row-major and dense, M, N, K any, stored as float32, float16 or bfloat16; halves are
// multiplied as float32. blockIdx.x counts tiles, those of one row of tiles first, so that blocks that run at the same time
// share rows of A; blockIdx.y is the matrix of a batch.
#include "fathom.cuh"
#include "epilogue.cuh"
#include "f32_tiles.cuh"

template <typename T, typename C>
__device__ __forceinline__ void gemm(const T* a, const T* b, Epilogue<T> e, i64 stride_a, i64 stride_b, int m, int n, int k,
                                     bool transpose_a, bool transpose_b) {
    __shared__ alignas(16) float shared[C::FLOATS];
    i64 batch = blockIdx.y;
    i64 offset_y = batch * m * n;
    e.y += offset_y;
    if (e.before) e.before += offset_y;
    if (e.residual) e.residual += offset_y;
    int tiles_n = (n + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    LoadMatrix<T, C::BM> load_a(a + batch * stride_a, row0, m, k, transpose_a);
    LoadMatrix<T, C::BN> load_b(b + batch * stride_b, column0, n, k, !transpose_b);
    float sums[C::TM][C::TN];
    multiply<C>(shared, load_a, load_b, (k + C::BK - 1) / C::BK, sums);
    finish_tile<T, C>(shared, sums, row0, column0, m, n, e, Dense {n});
}

#define GEMM(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(256, TILE::BLOCKS) gemm_##TILE_NAME##_##SUFFIX(                                       \
        const T* a, const T* b, const T* bias, const T* gamma, const T* residual, T* before, T* y, i64 stride_a,         \
        i64 stride_b, int m, int n, int k, int transpose_a, int transpose_b, int activation) {                           \
        gemm<T, TILE>(a, b, {bias, gamma, residual, before, y, activation}, stride_a, stride_b, m, n, k, transpose_a,    \
                      transpose_b);                                                                                      \
    }
#define GEMMS(SUFFIX, T)          \
    GEMM(Large, large, SUFFIX, T) \
    GEMM(Small, small, SUFFIX, T)
FOR_FLOAT_TYPES(GEMMS)

// The epilogue alone, for a product that a library made: sums are float32 [rows, columns], and may be y itself.
#define EPILOGUE(SUFFIX, T)                                                                                              \
    extern "C" __global__ void __launch_bounds__(256) epilogue_##SUFFIX(                                                 \
        const float* sums, const T* bias, const T* gamma, const T* residual, T* before, T* y, int rows, int columns,     \
        int activation) {                                                                                                \
        Epilogue<T> e = {bias, gamma, residual, before, y, activation};                                                  \
        Dense place = {columns};                                                                                         \
        bool vector = in_groups(e, place) && aligned16(sums);                                                            \
        u32 groups = (columns + Vec<T>::N - 1) / Vec<T>::N;                                                              \
        for (i64 g = grid_thread(); g < (i64) rows * groups; g += grid_threads()) {                                      \
            int row = (u32) g / groups, column = (u32) g % groups * Vec<T>::N;                                           \
            finish_group(sums + (i64) row * columns + column, row, column, columns - column, e, place, vector);          \
        }                                                                                                                \
    }
FOR_FLOAT_TYPES(EPILOGUE)
