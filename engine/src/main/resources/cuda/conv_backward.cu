// Gradients of convolutions in float32 arithmetic.
//
//   conv_input:  by the picture: dx [pixels, C] = what the results owe to each pixel [pixels, kh kw O] by the weight
//                [kh kw O, C]; zero where the picture was not positive, if it went through ReLU
//   conv_weight: by the weight: dw [O, kh kw C] = dy [results, O] transposed by the windows [results, kh kw C]: float32 sums
//                over a part of the results for each blockIdx.z, which sum_parts of gemm.cu adds up in order
//
// Neither matrix of windows is ever in memory (windows.cuh).
#include "fathom.cuh"
#include "epilogue.cuh"
#include "f32_tiles.cuh"
#include "windows.cuh"
#include "windows_f32.cuh"

#define CONV_INPUT(SUFFIX, T)                                                                                            \
    extern "C" __global__ void __launch_bounds__(256, Small::BLOCKS) conv_input_##SUFFIX(                                \
        const T* dy, const T* weight, const T* x, T* dx, Geometry g, int outputs) {                                      \
        __shared__ alignas(16) float shared[Small::FLOATS];                                                              \
        int tiles_n = (g.channels + Small::BN - 1) / Small::BN;                                                          \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadWindows<BackwardWindow<T>, T, Small::BM> load_a(dy, g, outputs, row0, false);                                \
        LoadTaps<T, Small::BN> load_b(weight, column0, outputs, g.taps(), g.channels);                                   \
        float sums[Small::TM][Small::TN];                                                                                \
        multiply<Small>(shared, load_a, load_b, (g.taps() * outputs + Small::BK - 1) / Small::BK, sums);                 \
        Epilogue<T> e = {nullptr, nullptr, nullptr, x, nullptr, dx, 0, x ? GATE : LINEAR, 1.0f};                         \
        finish_tile<Small>(shared, sums, row0, column0, g.pixels(), g.channels, e, Dense {g.channels});                  \
    }

// sums [gridDim.z, O, kh kw C]
#define CONV_WEIGHT(SUFFIX, T)                                                                                           \
    extern "C" __global__ void __launch_bounds__(256, Small::BLOCKS) conv_weight_##SUFFIX(                               \
        const T* x, const T* dy, float* sums_of_parts, Geometry g, int outputs, int part, int relu_input) {              \
        __shared__ alignas(16) float shared[Small::FLOATS];                                                              \
        int from = blockIdx.z * part, depth = min(part, g.results() - from);                                             \
        int columns = g.taps() * g.channels;                                                                             \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadMatrix<T, Small::BM> load_a(dy, row0, outputs, g.results(), from, depth, true);                              \
        LoadPixels<T> load_b(x, g, column0, from, depth, relu_input);                                                    \
        float sums[Small::TM][Small::TN];                                                                                \
        multiply<Small>(shared, load_a, load_b, (depth + Small::BK - 1) / Small::BK, sums);                              \
        Epilogue<T> e = sums_only<T>(sums_of_parts + (i64) blockIdx.z * outputs * columns);                              \
        finish_tile<Small>(shared, sums, row0, column0, outputs, columns, e, Dense {columns});                           \
    }

#define BACKWARD(SUFFIX, T) \
    CONV_INPUT(SUFFIX, T)   \
    CONV_WEIGHT(SUFFIX, T)
FOR_FLOAT_TYPES(BACKWARD)
