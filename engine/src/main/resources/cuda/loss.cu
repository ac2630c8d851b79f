// The scale-invariant log loss over masked pixels (SiLogLoss, SiLogLossBackward), in float32 with all logarithms and
// sums in float64: its difference of two nearly equal means wants the digits, and it is one pass over a few hundred
// thousand pixels beside a network of 10^12 operations.
//
// d = ln(target) - ln(pred)        L = sqrt( mean(d^2) - lambda mean(d)^2 )        over the pixels under the mask
//
// Two passes: each block sums its pixels into a triple (sum of d, sum of d^2, number), then one block sums the
// triples in their order. Both orders depend on the number of pixels alone.
#include "double_sums.cuh"

constexpr int BLOCK = 256;
constexpr int PIXELS = 2048;            // of one triple
constexpr double EPSILON = 1e-6;        // SiLogLoss.EPSILON: depths below count as this

typedef unsigned char bool8;

__device__ __forceinline__ double at_least(float depth) { return (double) depth < EPSILON ? EPSILON : (double) depth; }

// d of one pixel. A NaN stays one: it is not below EPSILON.
__device__ __forceinline__ double log_ratio(float target, float pred) { return log(at_least(target) / at_least(pred)); }

// triples [3, blocks]: sums, sums of squares, numbers of masked pixels.
extern "C" __global__ void __launch_bounds__(BLOCK)
    silog_pieces_f32(const float* __restrict__ pred, const float* __restrict__ target, const bool8* __restrict__ mask,
                     double* __restrict__ triples, i64 n) {
    __shared__ double scratch[32];
    double sum = 0, squares = 0;
    int count = 0;
    i64 first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;
    for (int k = threadIdx.x; k < length; k += BLOCK) {
        if (mask[first + k] == 0) continue;
        double d = log_ratio(target[first + k], pred[first + k]);
        sum += d;
        squares += d * d;
        count++;
    }
    sum = block_sum_f64(sum, scratch);
    squares = block_sum_f64(squares, scratch);
    double counted = block_sum_f64((double) count, scratch);
    if (threadIdx.x == 0) {
        triples[blockIdx.x] = sum;
        triples[gridDim.x + blockIdx.x] = squares;
        triples[2 * gridDim.x + blockIdx.x] = counted;
    }
}

// One block: loss [1] and statistics [2] = mean of d, number of masked pixels. Without any all are 0.
extern "C" __global__ void __launch_bounds__(BLOCK)
    silog_total_f32(const double* __restrict__ triples, float* __restrict__ loss, float* __restrict__ statistics,
                    int pieces, double lambda) {
    __shared__ double scratch[32];
    double sum = 0, squares = 0, count = 0;
    for (int i = threadIdx.x; i < pieces; i += BLOCK) {
        sum += triples[i];
        squares += triples[pieces + i];
        count += triples[2 * pieces + i];
    }
    sum = block_sum_f64(sum, scratch);
    squares = block_sum_f64(squares, scratch);
    count = block_sum_f64(count, scratch);
    if (threadIdx.x == 0) {
        double mean = count == 0 ? 0 : sum / count;
        double root = count == 0 ? 0 : squares / count - lambda * mean * mean;
        loss[0] = (float) sqrt(root < 0 ? 0 : root);        // NaN is not below 0, and stays visible
        statistics[0] = (float) mean;
        statistics[1] = (float) count;
    }
}

// The gradient by pred from the loss, its statistics and their gradients:
//
// slope = dloss / (M L), shift = dmean / M - slope lambda m        dpred = -(slope d + shift) / max(pred, epsilon)
//
// under the mask and where L > 0, else 0. A thread has the pixels of four trips of its block.
extern "C" __global__ void __launch_bounds__(BLOCK)
    silog_backward_f32(const float* __restrict__ pred, const float* __restrict__ target, const bool8* __restrict__ mask,
                       const float* __restrict__ loss, const float* __restrict__ statistics,
                       const float* __restrict__ dloss, const float* __restrict__ dstatistics,
                       float* __restrict__ dpred, i64 n, double lambda) {
    double mean = statistics[0], count = statistics[1];
    double slope = loss[0] == 0.0f ? 0 : (double) dloss[0] / (count * (double) loss[0]);
    double shift = count == 0 ? 0 : (double) dstatistics[0] / count - slope * lambda * mean;
    i64 first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;
#pragma unroll 1
    for (int k = threadIdx.x; k < length; k += BLOCK) {
        double gradient = 0;
        if (mask[first + k] != 0) {
            double inverse = 1 / at_least(pred[first + k]);
            double through = slope == 0 ? shift : slope * log(at_least(target[first + k]) * inverse) + shift;
            gradient = (0 - through) * inverse;
        }
        dpred[first + k] = (float) gradient;
    }
}
