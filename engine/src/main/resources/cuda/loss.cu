// Losses over masked pixels (MaskedLoss, MaskedLossBackward, LargestError), in float32 with all errors and sums in float64:
// SiLog's difference of two nearly equal means wants the digits, and it is one pass over a few hundred thousand pixels
// beside a network of 10^12 operations. What the forms are is said in LossForm.java, whose constants have these numbers.
//
// Two passes: each block sums its pixels into a triple (sum of terms, sum of e^2, number), then one block sums the triples in
// their order. Both orders depend on the number of pixels alone.
#include "double_sums.cuh"
#include "pixel_error.cuh"

constexpr int SILOG = 0, SILOG_ZOE = 1, L1 = 2;         // and BERHU
constexpr double THRESHOLD = 0.2, ZOE_FACTOR = 10;      // of LossForm
constexpr int BLOCK = 256;
constexpr int PIXELS = 2048;                            // of one triple

// A form's kind of error: SILOG has LOG, SILOG_ZOE LOG_ZOE, the others the difference.
__device__ __forceinline__ double error_of(int form, float target, float pred) {
    return pixel_error(form, (double) target, (double) pred);
}

// berHu's c; the other forms have no address to read it from.
__device__ __forceinline__ double threshold_of(const double* largest) { return largest ? THRESHOLD * largest[0] : 0; }

__device__ __forceinline__ double term_of(int form, double e, double c) {
    if (form <= SILOG_ZOE) return e;
    double size = fabs(e);
    return form == L1 || size <= c ? size : (e * e + c * c) / (2 * c);
}

// What a gradient's slope is multiplied by.
__device__ __forceinline__ double shape_of(int form, double e, double c) {
    if (form <= SILOG_ZOE) return e;
    return form == L1 || fabs(e) <= c ? sign_of(e) : e / c;
}

__device__ __forceinline__ double loss_of(int form, double sum, double squares, double count, double parameter) {
    if (count == 0) return 0;
    double mean = sum / count;
    if (form == SILOG) return sqrt(at_least(squares / count - parameter * mean * mean, 0));
    if (form == SILOG_ZOE) {
        double variance = count == 1 ? 0 * sum : at_least((squares - sum * sum / count) / (count - 1), 0);
        return ZOE_FACTOR * sqrt(variance + parameter * mean * mean);
    }
    return mean;
}

// triples [3, blocks]: sums of terms, of squared errors, numbers of masked pixels.
extern "C" __global__ void __launch_bounds__(BLOCK)
    masked_loss_pieces_f32(const float* __restrict__ pred, const float* __restrict__ target,
                           const bool8* __restrict__ mask, const double* __restrict__ largest,
                           double* __restrict__ triples, i64 n, int form) {
    __shared__ double scratch[32];
    double sum = 0, squares = 0, c = threshold_of(largest);
    int count = 0;
    i64 first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;
#pragma unroll 1
    for (int k = threadIdx.x; k < length; k += BLOCK) {
        if (mask[first + k] == 0) continue;
        double e = error_of(form, target[first + k], pred[first + k]);
        sum += term_of(form, e, c);
        squares += e * e;
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

// One block: loss [1] and statistics [3]. Without pixels all are 0.
extern "C" __global__ void __launch_bounds__(BLOCK)
    masked_loss_total_f32(const double* __restrict__ triples, float* __restrict__ loss,
                          double* __restrict__ statistics, int pieces, int form, double parameter) {
    __shared__ double scratch[32];
    double sum = 0, squares = 0, count = 0;
#pragma unroll 1
    for (int i = threadIdx.x; i < pieces; i += BLOCK) {
        sum += triples[i];
        squares += triples[pieces + i];
        count += triples[2 * pieces + i];
    }
    sum = block_sum_f64(sum, scratch);
    squares = block_sum_f64(squares, scratch);
    count = block_sum_f64(count, scratch);
    if (threadIdx.x == 0) {
        loss[0] = (float) loss_of(form, sum, squares, count, parameter);
        statistics[0] = sum;
        statistics[1] = squares;
        statistics[2] = count;
    }
}

// The gradient by pred from the statistics and the gradient of the loss, (slope shape(e) + shift) de/dpred, under the mask and
// where the loss is not 0, else 0. A thread has the pixels of eight trips of its block.
extern "C" __global__ void __launch_bounds__(BLOCK)
    masked_loss_backward_f32(const float* __restrict__ pred, const float* __restrict__ target,
                             const bool8* __restrict__ mask, const double* __restrict__ statistics,
                             const float* __restrict__ dloss, const double* __restrict__ largest,
                             float* __restrict__ dpred, i64 n, int form, double parameter) {
    double sum = statistics[0], squares = statistics[1], count = statistics[2], c = threshold_of(largest);
    double loss = loss_of(form, sum, squares, count, parameter);
    double slope = 0, shift = 0;
    if (loss != 0) {
        double mean = sum / count, d = dloss[0];
        if (form == SILOG) {
            slope = d / (count * loss);
            shift = -slope * parameter * mean;
        } else if (form == SILOG_ZOE) {
            double root = d * ZOE_FACTOR * ZOE_FACTOR / loss;
            slope = count == 1 ? 0 : root / (count - 1);
            shift = root * parameter * mean / count - slope * mean;
        } else {
            slope = d / count;
        }
    }
    i64 first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;
#pragma unroll 1
    for (int k = threadIdx.x; k < length; k += BLOCK) {
        double gradient = 0;
        if (mask[first + k] != 0) {
            double through = slope == 0 ? shift
                : slope * shape_of(form, error_of(form, target[first + k], pred[first + k]), c) + shift;
            gradient = through == 0 ? 0 : through * error_slope(form, (double) pred[first + k]);
        }
        dpred[first + k] = (float) gradient;
    }
}

// The larger; a NaN wins.
__device__ __forceinline__ double larger(double a, double b) { return b > a || b != b ? b : a; }

// Over a block of at most 1024 threads; thread 0 gets it. Any order gives the same.
__device__ __forceinline__ double block_max_f64(double x, double* scratch) {
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
#pragma unroll
    for (int distance = 16; distance > 0; distance >>= 1) x = larger(x, __shfl_xor_sync(0xffffffffu, x, distance));
    if (lane == 0) scratch[warp] = x;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int i = 1; i < warps; i++) x = larger(x, scratch[i]);
    return x;
}

// most [blocks]: max |pred - target| under the mask.
extern "C" __global__ void __launch_bounds__(BLOCK)
    largest_error_pieces_f32(const float* __restrict__ pred, const float* __restrict__ target,
                             const bool8* __restrict__ mask, double* __restrict__ most, i64 n) {
    __shared__ double scratch[32];
    double largest = 0;
    i64 first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;
#pragma unroll 1
    for (int k = threadIdx.x; k < length; k += BLOCK)
        if (mask[first + k] != 0) largest = larger(largest, fabs((double) pred[first + k] - (double) target[first + k]));
    largest = block_max_f64(largest, scratch);
    if (threadIdx.x == 0) most[blockIdx.x] = largest;
}

// One block; 0 without pixels.
extern "C" __global__ void __launch_bounds__(BLOCK)
    largest_error_total(const double* __restrict__ most, double* __restrict__ largest, int pieces) {
    __shared__ double scratch[32];
    double x = 0;
#pragma unroll 1
    for (int i = threadIdx.x; i < pieces; i += BLOCK) x = larger(x, most[i]);
    x = block_max_f64(x, scratch);
    if (threadIdx.x == 0) largest[0] = x;
}
