// Products in float32 arithmetic, and what any product may need after it.
//
// op(A) is A [M,K], or the transpose of A [K,M] with transpose_a; op(B) is B [K,N], or the transpose of B [N,K] with
// transpose_b (a linear layer's weight). Row-major and dense, M, N, K any, stored as float32, float16 or bfloat16; halves are
// multiplied as float32.
//
//   gemm:      y = residual + gamma gelu(op(A) op(B) + bias), see epilogue.cuh
//   gemm_sums: float32 sums, over a part of K for each blockIdx.z
//   sum_parts: adds such parts up in order
//   epilogue:  what follows a product that a library made
//
// blockIdx.x counts tiles, those of one row of tiles first, so that blocks that run at the same time share rows of A;
// blockIdx.y is the matrix of a batch.
#include "fathom.cuh"
#include "epilogue.cuh"
#include "f32_tiles.cuh"

template <typename C, typename T>
__device__ __forceinline__ void gemm(const T* a, const T* b, const Epilogue<T>& e, int m, int n, int k, int from, int depth,
                                     bool transpose_a, bool transpose_b) {
    __shared__ alignas(16) float shared[C::FLOATS];
    int tiles_n = (n + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    LoadMatrix<T, C::BM> load_a(a, row0, m, k, from, depth, transpose_a);
    LoadMatrix<T, C::BN> load_b(b, column0, n, k, from, depth, !transpose_b);
    float sums[C::TM][C::TN];
    multiply<C>(shared, load_a, load_b, (depth + C::BK - 1) / C::BK, sums);
    finish_tile<C>(shared, sums, row0, column0, m, n, e, Dense {n});
}

#define GEMM(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(256, TILE::BLOCKS) gemm_##TILE_NAME##_##SUFFIX(                         \
        const T* a, const T* b, const float* bias, const float* gamma, const void* residual, T* before, void* y,         \
        i64 stride_a, i64 stride_b, int m, int n, int k, int transpose_a, int transpose_b, int wide, int function) {     \
        i64 batch = blockIdx.y;                                                                                          \
        Epilogue<T> e = {bias, gamma, residual, nullptr, before, y, wide, function, 1.0f};                               \
        e.shift(batch * m * n);                                                                                          \
        gemm<TILE>(a + batch * stride_a, b + batch * stride_b, e, m, n, k, 0, k, transpose_a, transpose_b);              \
    }

// y [gridDim.z, gridDim.y, M, N]: the sums over k in [part z, part (z + 1)).
#define GEMM_SUMS(SUFFIX, T)                                                                                             \
    extern "C" __global__ void __launch_bounds__(256, Small::BLOCKS) gemm_sums_##SUFFIX(                                 \
        const T* a, const T* b, float* y, i64 stride_a, i64 stride_b, int m, int n, int k, int transpose_a,              \
        int transpose_b, int part) {                                                                                     \
        int from = blockIdx.z * part;                                                                                    \
        y += ((i64) blockIdx.z * gridDim.y + blockIdx.y) * m * n;                                                        \
        gemm<Small>(a + blockIdx.y * stride_a, b + blockIdx.y * stride_b, sums_only<T>(y), m, n, k, from,                \
                    min(part, k - from), transpose_a, transpose_b);                                                      \
    }

// Halves only come here on GPUs without tensor cores for them, or in forms that gemm_sm80.cu has not: small tiles will do.
#define GEMMS(SUFFIX, T)          \
    GEMM(Small, small, SUFFIX, T) \
    GEMM_SUMS(SUFFIX, T)
GEMM(Large, large, f32, float)
FOR_FLOAT_TYPES(GEMMS)

// y[i] = the sum over p of sums[p, i], in order.
#define SUM_PARTS(SUFFIX, T)                                                                                             \
    extern "C" __global__ void __launch_bounds__(256) sum_parts_##SUFFIX(const float* sums, T* y, i64 n, int parts) {    \
        i64 i = grid_thread();                                                                                           \
        if (i >= n) return;                                                                                              \
        float sum = 0.0f;                                                                                                \
        _Pragma("unroll 4") for (int p = 0; p < parts; p++) sum += sums[p * n + i];                                      \
        y[i] = from_f32<T>(sum);                                                                                         \
    }
FOR_FLOAT_TYPES(SUM_PARTS)

// sums [rows, columns] are float32, and may be y itself.
#define EPILOGUE(SUFFIX, T)                                                                                              \
    extern "C" __global__ void __launch_bounds__(256) epilogue_##SUFFIX(                                                 \
        const float* sums, const float* bias, const float* gamma, const void* residual, T* before, void* y, int rows,    \
        int columns, int wide, int function) {                                                                           \
        Epilogue<T> e = {bias, gamma, residual, nullptr, before, y, wide, function, 1.0f};                               \
        Dense place = {columns};                                                                                         \
        bool vector = in_groups(e, place) && aligned16(sums);                                                            \
        u32 groups = (columns + Vec<T>::N - 1) / Vec<T>::N;                                                              \
        i64 g = grid_thread();                                                                                           \
        if (g >= (i64) rows * groups) return;                                                                            \
        int row = (u32) g / groups, column = (u32) g % groups * Vec<T>::N;                                               \
        finish_group<false>(sums + (i64) row * columns + column, row, column, columns - column, e, place, vector);       \
    }
FOR_FLOAT_TYPES(EPILOGUE)
