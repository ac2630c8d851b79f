// A convolution and the 1x1 convolution after it in one launch, in float32 arithmetic: the map between them, of at most 64
// channels, stays in the block.
//
//   m = last(conv(relu?(x), weight) + bias + residuals)          stored too where the gradient will want it
//   y = scale * last2(m weight2 + bias2)
//
// To at most 4 channels (depths) the second is a dot product for each pixel; to up to 64 (the end of a fusion block) it is a
// product like the first, whose left operand is in shared memory.
#include "fathom.cuh"
#include "epilogue.cuh"
#include "f32_tiles.cuh"
#include "windows.cuh"
#include "windows_f32.cuh"
#include "pointwise_dots.cuh"

// Slices of m: float32 in shared memory, `rows` x `channels` of it filled.
struct LoadKept {
    static constexpr int LD = Small::LD_A;
    const float* kept;
    int rows, channels, k;
    float r[4];

    __device__ __forceinline__ void fetch() {
        int row = threadIdx.x / 4, k4 = k + threadIdx.x % 4 * 4;
#pragma unroll
        for (int e = 0; e < 4; e++) r[e] = row < rows && k4 + e < channels ? kept[row * Small::LD_B + k4 + e] : 0.0f;
        k += 16;
    }
    __device__ __forceinline__ void store(float* slice) {
        store_along_k<LD>(slice + threadIdx.x % 4 * 4 * LD + threadIdx.x / 4, r);
    }
};

// channels: of m; outputs: of y; at most 64 of both.
#define CONV_POINTWISE(SUFFIX, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(256, Small::BLOCKS) conv_pointwise_##SUFFIX(                            \
        const T* x, const T* weight, const float* bias, const T* residual, const T* residual2, T* m, const T* weight2,   \
        const float* bias2, void* y, Geometry g, int channels, int relu_input, int function, int outputs, int wide,      \
        int function2, float scale) {                                                                                    \
        __shared__ alignas(16) float shared[Small::FLOATS + 64 * Small::LD_B];                                           \
        float* kept = shared + Small::FLOATS;                                                                            \
        int row0 = blockIdx.x * Small::BM, depth = g.taps() * g.channels;                                                \
        float sums[Small::TM][Small::TN];                                                                                \
        LoadWindows<ForwardWindow<T>, T, Small::BM> load_a(x, g, g.channels, row0, relu_input);                          \
        LoadMatrix<T, Small::BN> load_b(weight, 0, channels, depth, 0, depth, false);                                    \
        multiply<Small>(shared, load_a, load_b, (depth + Small::BK - 1) / Small::BK, sums);                              \
        spread<Small>(kept, sums, 0);                                                                                    \
        __syncthreads();                                                                                                 \
        Epilogue<T> middle = {bias, nullptr, residual, residual2, nullptr, m, 0, function, 1.0f};                        \
        finish<true, 64, 64, Small::LD_B, 256>(kept, row0, 0, g.results(), channels, middle, Dense {channels});          \
        __syncthreads();                                                                                                 \
        Epilogue<T> e = {bias2, nullptr, nullptr, nullptr, nullptr, y, wide, function2, scale};                          \
        if (outputs <= MOST_DOTS) {                                                                                      \
            pointwise_dots<64, Small::LD_B, 256>(kept, row0, g.results(), channels, weight2, outputs, e);                \
        } else {                                                                                                         \
            LoadKept load_m = {kept, g.results() - row0, channels, 0};                                                   \
            LoadMatrix<T, Small::BN> load_b2(weight2, 0, outputs, channels, 0, channels, false);                         \
            multiply<Small>(shared, load_m, load_b2, (channels + Small::BK - 1) / Small::BK, sums);                      \
            finish_tile<Small>(shared, sums, row0, 0, g.results(), outputs, e, Dense {outputs});                         \
        }                                                                                                                \
    }
FOR_FLOAT_TYPES(CONV_POINTWISE)
