// y = a x + y, and the sum of a row: the kernels of the worked example in SaxpyPropertiesTest.
extern "C" __global__ void saxpy(const float* x, float* y, float a, int n) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) y[i] = a * x[i] + y[i];
}

// One block a row; a block of whole warps, at most 1024 threads. Adds in a fixed order, so the result is the same every time.
extern "C" __global__ void row_sums(const float* x, float* sums, int columns) {
    __shared__ float partial[32];
    const float* row = x + (long long) blockIdx.x * columns;
    float sum = 0;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i];
    for (int lane = 16; lane > 0; lane >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, lane);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x < 32) {
        sum = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f;
        for (int lane = 16; lane > 0; lane >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, lane);
        if (threadIdx.x == 0) sums[blockIdx.x] = sum;
    }
}
