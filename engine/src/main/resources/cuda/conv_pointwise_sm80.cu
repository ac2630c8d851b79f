// A convolution and the 1x1 convolution after it in one launch, for half pictures on tensor cores: the map between them, of at
// most 64 channels, stays in the block.
//
//   m = last(conv(relu?(x), weight) + bias + residuals)          stored too where the gradient will want it
//   y = scale * last2(m weight2 + bias2)
//
// To at most 4 channels (depths) the second is a dot product for each pixel; to up to 64 (the end of a fusion block) it is a
// product on tensor cores, for which m is rounded to T as it would be in memory.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"
#include "windows.cuh"
#include "windows_sm80.cuh"
#include "pointwise_dots.cuh"

// Slices of m: float32 in shared memory, `rows` x `channels` of it filled; LD floats a row.
template <typename T, int LD, int ROWS, int BK, int THREADS> struct LoadKept {
    static constexpr int PIECES = BK / 8, STEP = THREADS / PIECES, COUNT = ROWS / STEP;
    const float* kept;
    int rows, channels;

    __device__ __forceinline__ void load(u32 to) {
        int piece = threadIdx.x % PIECES, line = threadIdx.x / PIECES;
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            int row = line + i * STEP;
            float v[8];
#pragma unroll
            for (int e = 0; e < 8; e++) v[e] = row < rows && piece * 8 + e < channels ? kept[row * LD + piece * 8 + e] : 0.0f;
            store_shared16(to + place_of<PIECES>(row, piece), pack2<T>(v[0], v[1]), pack2<T>(v[2], v[3]), pack2<T>(v[4], v[5]),
                           pack2<T>(v[6], v[7]));
        }
    }
};

template <typename C, typename T>
__device__ __forceinline__ void conv_pointwise(const T* x, const T* weight, const Epilogue<T>& middle, const T* weight2,
                                               const Epilogue<T>& e, const Geometry& g, int channels, int outputs,
                                               bool relu_input) {
    __shared__ alignas(16) unsigned char shared[C::BYTES];
    float* kept = (float*) shared;
    int row0 = blockIdx.x * C::BM, depth = g.taps() * g.channels;
    float sums[C::WM / 16][C::WN / 8][4];
    {
        LoadWindows<ForwardWindow<T>, T, C::BM, C::BK, C::THREADS> load_a(x, g, g.channels, row0);
        LoadK<T, C::BN, C::BK, C::THREADS> load_b(weight, 0, channels, depth);
        multiply<T, C, K_LINES, K_LINES, OF_A>(shared_address(shared), load_a, load_b, (depth + C::BK - 1) / C::BK,
                                               relu_input ? 0 : minus_infinity(T()), sums);
    }
#pragma unroll 1
    for (int first = 0; first < C::BM; first += C::SUM_ROWS) {
        spread<C>(kept, sums, first);
        __syncthreads();
        finish<true, C::SUM_ROWS, C::BN, C::SUM_LD, C::THREADS>(kept, row0 + first, 0, g.results(), channels, middle,
                                                                Dense {channels});
        __syncthreads();
        if (C::BM > C::SUM_ROWS || outputs <= MOST_DOTS) {
            pointwise_dots<C::SUM_ROWS, C::SUM_LD, C::THREADS>(kept, row0 + first, g.results(), channels, weight2, outputs, e);
            __syncthreads();
        }
    }
    if constexpr (C::BM == C::SUM_ROWS) {
        if (outputs <= MOST_DOTS) return;
        static_assert(C::SUM_BYTES + C::STAGE_BYTES <= C::BYTES, "one slice fits beside m");
        LoadKept<T, C::SUM_LD, C::BM, C::BK, C::THREADS> load_m = {kept, g.results() - row0, channels};
        LoadK<T, C::BN, C::BK, C::THREADS> load_b(weight2, 0, outputs, channels);
        multiply<T, C, K_LINES, K_LINES, NEITHER>(shared_address(shared) + C::SUM_BYTES, load_m, load_b, 1, 0, sums);
        finish_tile<C>(kept, sums, row0, 0, g.results(), outputs, e, Dense {outputs});
    }
}

// channels: of m; outputs: of y. Narrow: at most 32 channels and 4 outputs; Small: at most 64 of both.
#define CONV_POINTWISE(TILE, TILE_NAME, SUFFIX, T)                                                                       \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS, TILE::BLOCKS) conv_pointwise_##TILE_NAME##_##SUFFIX(     \
        const T* x, const T* weight, const float* bias, const T* residual, const T* residual2, T* m, const T* weight2,   \
        const float* bias2, void* y, Geometry g, int channels, int relu_input, int function, int outputs, int wide,      \
        int function2, float scale) {                                                                                    \
        conv_pointwise<TILE, T>(x, weight, {bias, nullptr, residual, residual2, nullptr, m, 0, function, 1.0f}, weight2, \
                                {bias2, nullptr, nullptr, nullptr, nullptr, y, wide, function2, scale}, g, channels,     \
                                outputs, relu_input);                                                                    \
    }
CONV_POINTWISE(Narrow, narrow, f16, f16)
CONV_POINTWISE(Small, small, f16, f16)
CONV_POINTWISE(Narrow, narrow, bf16, bf16)
CONV_POINTWISE(Small, small, bf16, bf16)
