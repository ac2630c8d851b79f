// Gradients of convolutions of half pictures on tensor cores.
//
//   conv_input:  by the picture: dx [pixels, C] = what the results owe to each pixel [pixels, kh kw O] by the weight
//                [kh kw O, C]; zero where the picture was not positive, if it went through ReLU
//   conv_weight: by the weight: dw [O, kh kw C] = dy [results, O] transposed by the windows [results, kh kw C]: float32 sums
//                over a part of the results for each blockIdx.z, which sum_parts of gemm.cu adds up in order
//
// Neither matrix of windows is ever in memory (windows.cuh).
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"
#include "windows.cuh"
#include "windows_sm80.cuh"

#define CONV_INPUT(TILE, TILE_NAME, SUFFIX, T)                                                                           \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS, TILE::BLOCKS) conv_input_##TILE_NAME##_##SUFFIX(                       \
        const T* dy, const T* weight, const T* x, T* dx, Geometry g, int outputs) {                                      \
        __shared__ alignas(16) unsigned char shared[TILE::BYTES];                                                        \
        int tiles_n = (g.channels + TILE::BN - 1) / TILE::BN;                                                            \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * TILE::BM, column0 = (blockIdx.x - tile_m * tiles_n) * TILE::BN;                              \
        LoadWindows<BackwardWindow<T>, T, TILE::BM, TILE::BK, TILE::THREADS> load_a(dy, g, outputs, row0);               \
        LoadTaps<T, TILE::BN, TILE::BK, TILE::THREADS> load_b(weight, column0, outputs, g.taps(), g.channels);           \
        float sums[TILE::WM / 16][TILE::WN / 8][4];                                                                      \
        multiply<T, TILE, K_LINES, X_LINES, NEITHER>(shared_address(shared), load_a, load_b,                             \
                                                     (g.taps() * outputs + TILE::BK - 1) / TILE::BK, 0, sums);           \
        Epilogue<T> e = {nullptr, nullptr, nullptr, x, nullptr, dx, 0, x ? GATE : LINEAR, 1.0f};                         \
        finish_tile<TILE>((float*) shared, sums, row0, column0, g.pixels(), g.channels, e, Dense {g.channels});          \
    }

// sums [gridDim.z, O, kh kw C]
#define CONV_WEIGHT(SUFFIX, T)                                                                                           \
    extern "C" __global__ void __launch_bounds__(Small::THREADS, Small::BLOCKS) conv_weight_##SUFFIX(                                   \
        const T* x, const T* dy, float* sums_of_parts, Geometry g, int outputs, int part, int relu_input) {              \
        __shared__ alignas(16) unsigned char shared[Small::BYTES];                                                       \
        int from = blockIdx.z * part, depth = min(part, g.results() - from);                                             \
        int columns = g.taps() * g.channels;                                                                             \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadX<T, Small::BM, Small::BK, Small::THREADS> load_a(dy + (i64) from * outputs, row0, outputs, depth);          \
        LoadPixels<T, Small::BN, Small::BK, Small::THREADS> load_b(x, g, column0, from, depth);                          \
        float sums[Small::WM / 16][Small::WN / 8][4];                                                                    \
        multiply<T, Small, X_LINES, X_LINES, OF_B>(shared_address(shared), load_a, load_b,                               \
                                                   (depth + Small::BK - 1) / Small::BK,                                  \
                                                   relu_input ? 0 : minus_infinity(T()), sums);                          \
        Epilogue<T> e = sums_only<T>(sums_of_parts + (i64) blockIdx.z * outputs * columns);                              \
        finish_tile<Small>((float*) shared, sums, row0, column0, outputs, columns, e, Dense {columns});                  \
    }

#define BACKWARD(SUFFIX, T)             \
    CONV_INPUT(Large, large, SUFFIX, T) \
    CONV_INPUT(Small, small, SUFFIX, T) \
    CONV_WEIGHT(SUFFIX, T)
BACKWARD(f16, f16)
BACKWARD(bf16, bf16)
