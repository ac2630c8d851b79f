// Convolutions of half pictures on tensor cores: a product whose left operand is gathered while it is loaded.
//
// Picture x [N,H,W,C], weight [O,kh,kw,C], result y [N,H',W',O]. Row p of the left operand is the window of result pixel
// p = (n H' + r) W' + c, column (i kw + j) C + q of it is channel q of picture pixel (r strideH + i - padH, c strideW + j
// - padW), zero outside. It is never in memory: each 16-byte piece (8 channels of one picture pixel) is copied from where it
// is in the picture to its place in shared memory. The right operand is the weight as it lies: [O, kh kw C].
//
//   y = act(conv(relu?(x), weight) + bias) + residual, see epilogue.cuh; ReLU of the input happens in registers
//
// conv_transpose: the transposed convolution whose stride is its kernel: [pixels, I] by the weight [I, kh kw O], each
// row of the product one window of the result.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"
#include "windows.cuh"

// Slices of the windows of ROWS result pixels.
template <typename T, int ROWS, int BK, int THREADS> struct LoadWindows {
    static constexpr int PIECES = BK / 8, STEP = THREADS / PIECES, COUNT = ROWS / STEP;
    WindowStart<T> start[COUNT];
    WindowPlace place;
    Geometry g;
    int offset;
    bool vector;

    __device__ __forceinline__ LoadWindows(const T* x, const Geometry& geometry, int first, int pixels) : g(geometry) {
        int piece = threadIdx.x % PIECES, line = threadIdx.x / PIECES;
#pragma unroll
        for (int p = 0; p < COUNT; p++) start[p].set(x, g, first + line + p * STEP, pixels);
        place.start(g, piece * 8);
        offset = place_of<PIECES>(line, piece);
        vector = g.channels % 8 == 0 && aligned16(x);
    }
    __device__ __forceinline__ void load(u32 to) {
        if (vector) {
            i64 step = place.offset(g);
#pragma unroll
            for (int p = 0; p < COUNT; p++) {
                bool there = place.inside(g, start[p]);
                cp_async16(to + offset + p * STEP * PIECES * 16, there ? start[p].at + step : start[p].at, there);
            }
        } else {
#pragma unroll
            for (int p = 0; p < COUNT; p++) {
                u32 v[4];
                WindowPlace at = place;
#pragma unroll
                for (int e = 0; e < 8; e++) {
                    u32 bits = at.inside(g, start[p]) ? start[p].at[at.offset(g)].bits : 0;
                    v[e / 2] = e % 2 == 0 ? bits : v[e / 2] | bits << 16;
                    at.next(g);
                }
                store_shared16(to + offset + p * STEP * PIECES * 16, v[0], v[1], v[2], v[3]);
            }
        }
        place.advance(g, BK);
    }
};

template <typename T, typename C>
__device__ __forceinline__ void conv(const T* x, const T* weight, const Epilogue<T>& e, const Geometry& g, int pixels,
                                     int outputs, bool relu_input) {
    __shared__ alignas(16) unsigned char shared[C::BYTES];
    int tiles_n = (outputs + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    int depth = g.kh * g.kw * g.channels;
    LoadWindows<T, C::BM, C::BK, C::THREADS> load_a(x, g, row0, pixels);
    LoadK<T, C::BN, C::BK, C::THREADS> load_b(weight, column0, outputs, depth);
    float sums[C::WM / 16][C::WN / 8][4];
    multiply<T, C, K_LINES, K_LINES, true>(shared_address(shared), load_a, load_b, (depth + C::BK - 1) / C::BK,
                                           relu_input ? 0 : minus_infinity(T()), sums);
    finish_tile<T, C>((float*) shared, sums, row0, column0, pixels, outputs, e, Dense {outputs});
}

#define CONV(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS) conv_##TILE_NAME##_##SUFFIX(                             \
        const T* x, const T* weight, const T* bias, const T* residual, T* y, int pixels, int height, int width,          \
        int channels, int out_h, int out_w, int outputs, int kh, int kw, int stride_h, int stride_w, int pad_h,          \
        int pad_w, int relu_input, int activation) {                                                                     \
        conv<T, TILE>(x, weight, {bias, nullptr, residual, nullptr, y, activation},                                      \
                      {height, width, channels, out_h, out_w, kh, kw, stride_h, stride_w, pad_h, pad_w}, pixels, outputs, \
                      relu_input);                                                                                       \
    }

// x [pixels, I] with pixels in the order of [N,H,W], weight [I, kh kw O]: y [N, kh H, kw W, O].
#define CONV_TRANSPOSE(SUFFIX, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(Small::THREADS) conv_transpose_##SUFFIX(                                \
        const T* x, const T* weight, const T* bias, T* y, int pixels, int height, int width, int inputs, int kh, int kw, \
        int outputs) {                                                                                                   \
        __shared__ alignas(16) unsigned char shared[Small::BYTES];                                                       \
        int columns = kh * kw * outputs;                                                                                 \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadK<T, Small::BM, Small::BK, Small::THREADS> load_a(x, row0, pixels, inputs);                                  \
        LoadX<T, Small::BN, Small::BK, Small::THREADS> load_b(weight, column0, columns, inputs);                         \
        float sums[Small::WM / 16][Small::WN / 8][4];                                                                    \
        multiply<T, Small, K_LINES, X_LINES, false>(shared_address(shared), load_a, load_b,                              \
                                                    (inputs + Small::BK - 1) / Small::BK, 0, sums);                      \
        finish_tile<T, Small>((float*) shared, sums, row0, column0, pixels, columns,                                     \
                              {bias, nullptr, nullptr, nullptr, y, ACT_NONE}, Windows {height, width, kh, kw, outputs}); \
    }

#define CONVS(SUFFIX, T)            \
    CONV(Large, large, SUFFIX, T)   \
    CONV(Small, small, SUFFIX, T)   \
    CONV(Narrow, narrow, SUFFIX, T) \
    CONV_TRANSPOSE(SUFFIX, T)
CONVS(f16, f16)
CONVS(bf16, bf16)
