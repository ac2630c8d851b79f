// Sums of float64 over a block, in a fixed order.
#pragma once
#include "fathom.cuh"

// Sum over a block of at most 1024 threads, a whole number of warps; thread 0 gets it. scratch: 32 doubles of shared
// memory, free to be used again after the call.
__device__ __forceinline__ double block_sum_f64(double x, double* scratch) {
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
#pragma unroll
    for (int distance = 16; distance > 0; distance >>= 1) x += __shfl_xor_sync(0xffffffffu, x, distance);
    if (lane == 0) scratch[warp] = x;
    __syncthreads();
    double sum = 0;
    if (threadIdx.x == 0)
        for (int i = 0; i < warps; i++) sum += scratch[i];
    __syncthreads();
    return sum;
}
