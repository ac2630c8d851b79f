// Multi-scale gradient matching (GradientMatching, GradientMatchingBackward): how the differences of neighbouring pixels'
// errors R differ from 0, on grids of every 2^k-th row and column. Limited by logarithms in float64, about ten a pixel:
// every thread computes the errors of its pixel's neighbours again, which is less than a pass over memory that keeps them
// would want to be read for.
//
// Two passes as in loss.cu: a block sums 2048 pixels of one grid, then one block sums what all have, grid by grid.
#include "double_sums.cuh"
#include "pixel_error.cuh"

constexpr int BLOCK = 256;
constexpr int PIXELS = 2048;            // of one partial sum, and of a block of the gradient

// Maps of h x w, one after another.
struct Maps {
    const float* __restrict__ pred;
    const float* __restrict__ target;
    const bool8* __restrict__ mask;
    int h, w, kind;

    __device__ __forceinline__ double error(i64 i) const { return pixel_error(kind, (double) target[i], (double) pred[i]); }
};

// pairs [scales, 2, blocks]: for each grid sums of |differences| to the right and downwards, numbers of masked pixels.
extern "C" __global__ void __launch_bounds__(BLOCK)
    gradient_matching_pieces_f32(const float* __restrict__ pred, const float* __restrict__ target,
                                 const bool8* __restrict__ mask, double* __restrict__ pairs, int pictures, int h, int w,
                                 int kind) {
    __shared__ double scratch[32];
    Maps maps{pred, target, mask, h, w, kind};
    int scale = blockIdx.y, step = 1 << scale;
    int rows = (h + step - 1) >> scale, columns = (w + step - 1) >> scale;
    i64 n = (i64) pictures * rows * columns, first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;       // below 0 past the end of a coarse grid
    double sum = 0;
    int count = 0;
#pragma unroll 1
    for (int k = threadIdx.x; k < length; k += BLOCK) {
        i64 j = first + k, row = j / columns;
        int x = (int) (j - row * columns) << scale, y = (int) (row % rows) << scale;
        i64 i = (row / rows * h + y) * w + x;
        if (mask[i] == 0) continue;
        count++;
        bool right = x + step < w && mask[i + step] != 0;
        bool below = y + step < h && mask[i + (i64) step * w] != 0;
        if (!right && !below) continue;
        double here = maps.error(i);
        double there = right ? fabs(maps.error(i + step) - here) : 0;
        sum += there + (below ? fabs(maps.error(i + (i64) step * w) - here) : 0);
    }
    sum = block_sum_f64(sum, scratch);
    double counted = block_sum_f64((double) count, scratch);
    if (threadIdx.x == 0) {
        pairs[(i64) 2 * scale * gridDim.x + blockIdx.x] = sum;
        pairs[(i64) (2 * scale + 1) * gridDim.x + blockIdx.x] = counted;
    }
}

// One block: loss [1] = the sum over grids of sum / number, and statistics [scales, 2].
extern "C" __global__ void __launch_bounds__(BLOCK)
    gradient_matching_total_f32(const double* __restrict__ pairs, float* __restrict__ loss,
                                double* __restrict__ statistics, int pieces, int scales) {
    __shared__ double scratch[32];
    double total = 0;
#pragma unroll 1
    for (int scale = 0; scale < scales; scale++) {
        double sum = 0, count = 0;
#pragma unroll 1
        for (int i = threadIdx.x; i < pieces; i += BLOCK) {
            sum += pairs[(i64) 2 * scale * pieces + i];
            count += pairs[(i64) (2 * scale + 1) * pieces + i];
        }
        sum = block_sum_f64(sum, scratch);
        count = block_sum_f64(count, scratch);
        if (threadIdx.x == 0) {
            statistics[2 * scale] = sum;
            statistics[2 * scale + 1] = count;
            total += count == 0 ? 0 : sum / count;
        }
    }
    if (threadIdx.x == 0) loss[0] = (float) total;
}

// The signs of the differences to those of the four neighbours at a distance that exist and are masked too.
__device__ __forceinline__ double signs_to(const Maps& maps, double here, i64 i, int y, int x, int step) {
    double sum = 0;
#pragma unroll 1
    for (int side = 0; side < 4; side++) {
        int away = side & 1 ? step : -step, dx = side < 2 ? away : 0, dy = side < 2 ? 0 : away;
        if ((u32) (x + dx) >= (u32) maps.w || (u32) (y + dy) >= (u32) maps.h) continue;
        i64 other = i + (i64) dy * maps.w + dx;
        if (maps.mask[other] != 0) sum += sign_of(here - maps.error(other));
    }
    return sum;
}

// dL/dR = sum over the grids that a pixel is on of (signs to its four neighbours there) / number.
extern "C" __global__ void __launch_bounds__(BLOCK)
    gradient_matching_backward_f32(const float* __restrict__ pred, const float* __restrict__ target,
                                   const bool8* __restrict__ mask, const double* __restrict__ statistics,
                                   const float* __restrict__ dloss, float* __restrict__ dpred, int pictures, int h, int w,
                                   int scales, int kind) {
    Maps maps{pred, target, mask, h, w, kind};
    i64 n = (i64) pictures * h * w, first = (i64) blockIdx.x * PIXELS;
    int length = n - first < PIXELS ? (int) (n - first) : PIXELS;
#pragma unroll 1
    for (int k = threadIdx.x; k < length; k += BLOCK) {
        i64 i = first + k, row = i / w;
        int x = (int) (i - row * w), y = (int) (row % h);
        double signs = 0;
        if (mask[i] != 0) {
            double here = maps.error(i);
#pragma unroll 1
            for (int scale = 0; scale < scales && ((x | y) & ((1 << scale) - 1)) == 0; scale++)
                signs += signs_to(maps, here, i, y, x, 1 << scale) / statistics[2 * scale + 1];
        }
        dpred[i] = signs == 0 ? 0.0f : (float) (signs * (double) dloss[0] * error_slope(kind, (double) pred[i]));
    }
}
