// Kernels with one bug each, and the same kernels without it: what the emulated GPU must catch, and must let pass.
// The tests run the PTX beside this file; make-ptx makes it.

// --- global memory ----------------------------------------------------------------------------------------------------

extern "C" __global__ void scale_off_by_one(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) y[i] = 2 * x[i]; // the bug: i < n
}

extern "C" __global__ void write_off_by_one(float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) y[i] = 1.0f; // the bug: i < n
}

extern "C" __global__ void difference_at_the_edge(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i] - x[i - 1]; // the bug: the first element has no neighbour
}

extern "C" __global__ void difference(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = i > 0 ? x[i] - x[i - 1] : x[i];
}

// Correct if y was cleared before.
extern "C" __global__ void accumulate(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] += x[i];
}

// Correct if x begins at a multiple of 16 bytes.
extern "C" __global__ void scale_vectors(const float4* x, float4* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float4 v = x[i];
    y[i] = make_float4(2 * v.x, 2 * v.y, 2 * v.z, 2 * v.w);
}

extern "C" __global__ void sum_by_float_atomics(const float* x, float* sum, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(sum, x[i]); // the bug: the order of the additions is chance
}

extern "C" __global__ void count_positive(const float* x, int* count, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n && x[i] > 0) atomicAdd(count, 1);
}

// Each block writes its sum to the place of the next one too.
extern "C" __global__ void blocks_write_one_place(float* y) {
    if (threadIdx.x == 0) {
        y[blockIdx.x] = (float) blockIdx.x;
        y[blockIdx.x + 1] = -1.0f; // the bug
    }
}

extern "C" __global__ void blocks_read_their_neighbours(float* y) {
    if (threadIdx.x == 0) y[blockIdx.x] = blockIdx.x + 1 < gridDim.x ? y[blockIdx.x + 1] : 0.0f; // the bug: in place
}

// --- shared memory ----------------------------------------------------------------------------------------------------

template <bool barrier> __device__ __forceinline__ void reverse(const float* x, float* y) {
    __shared__ float tile[256];
    tile[threadIdx.x] = x[threadIdx.x];
    if (barrier) __syncthreads();
    y[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}
extern "C" __global__ void reverse_without_barrier(const float* x, float* y) { reverse<false>(x, y); }
extern "C" __global__ void reverse_with_barrier(const float* x, float* y) { reverse<true>(x, y); }

// Neighbouring lanes exchange values; volatile keeps the compiler from taking the value from a register.
template <bool barrier> __device__ __forceinline__ void neighbour(const float* x, float* y) {
    __shared__ float tile[33];
    volatile float* t = tile;
    t[threadIdx.x] = x[threadIdx.x];
    if (barrier) __syncwarp();
    y[threadIdx.x] = t[threadIdx.x ^ 1];
}
extern "C" __global__ void neighbour_without_syncwarp(const float* x, float* y) { neighbour<false>(x, y); }
extern "C" __global__ void neighbour_with_syncwarp(const float* x, float* y) { neighbour<true>(x, y); }

// A tile is used again by the next round of the loop.
template <bool barrier> __device__ __forceinline__ void rounds(const float* x, float* y, int n) {
    __shared__ float tile[128];
    float sum = 0;
    for (int k = 0; k < n; k++) {
        tile[threadIdx.x] = x[k * 128 + threadIdx.x];
        __syncthreads();
        sum += tile[127 - threadIdx.x];
        if (barrier) __syncthreads(); // without it a fast warp overwrites what a slow one still reads
    }
    y[threadIdx.x] = sum;
}
extern "C" __global__ void rounds_without_second_barrier(const float* x, float* y, int n) { rounds<false>(x, y, n); }
extern "C" __global__ void rounds_with_both_barriers(const float* x, float* y, int n) { rounds<true>(x, y, n); }

// A tile with an edge on both sides; the bug: the edges are not filled.
template <bool edges> __device__ __forceinline__ void blur(const float* x, float* y) {
    __shared__ float tile[66];
    tile[threadIdx.x + 1] = x[threadIdx.x];
    if (edges && threadIdx.x == 0) tile[0] = tile[65] = 0;
    __syncthreads();
    y[threadIdx.x] = tile[threadIdx.x] + tile[threadIdx.x + 1] + tile[threadIdx.x + 2];
}
extern "C" __global__ void blur_without_edges(const float* x, float* y) { blur<false>(x, y); }
extern "C" __global__ void blur_with_edges(const float* x, float* y) { blur<true>(x, y); }

// Needs 4 bytes of dynamic shared memory a thread.
extern "C" __global__ void reverse_dynamic(const float* x, float* y) {
    extern __shared__ float buffer[];
    buffer[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

// Two lanes write one place in one instruction: fine if they write the same.
extern "C" __global__ void lanes_write_one_place(float* y, int same) {
    __shared__ float cell;
    cell = same ? 1.0f : (float) threadIdx.x;
    __syncthreads();
    y[threadIdx.x] = cell;
}

// --- barriers and warps -----------------------------------------------------------------------------------------------

extern "C" __global__ void barrier_in_half_a_warp(float* y) {
    if (threadIdx.x < 16) {
        y[threadIdx.x] = 1;
        __syncthreads(); // the bug
    }
    y[threadIdx.x + 64] = 2;
}

extern "C" __global__ void barrier_in_one_warp(float* y) {
    if (threadIdx.x < 32) {
        y[threadIdx.x] = 1;
        __syncthreads(); // the bug
    }
    y[threadIdx.x + 64] = 2;
}

extern "C" __global__ void return_before_barrier(const float* x, float* y, int n) {
    __shared__ float tile[64];
    if (threadIdx.x >= n) return; // the bug
    tile[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = tile[n - 1 - threadIdx.x];
}

extern "C" __global__ void two_barriers(float* y) {
    if (threadIdx.x < 32) {
        y[threadIdx.x] = 1;
        __syncthreads();
    } else {
        y[threadIdx.x] = 2;
        __syncthreads(); // the bug: another barrier than the first warp's
    }
    y[threadIdx.x] += 1;
}

extern "C" __global__ void shuffle_in_half_a_warp(const float* x, float* y) {
    float v = x[threadIdx.x];
    if (threadIdx.x < 16) v += __shfl_xor_sync(0xffffffffu, v, 1); // the bug: the mask names all lanes
    y[threadIdx.x] = v;
}

extern "C" __global__ void shuffle_half_a_warp(const float* x, float* y) {
    float v = x[threadIdx.x];
    if (threadIdx.x < 16) v += __shfl_xor_sync(0xffffu, v, 1);
    y[threadIdx.x] = v;
}

extern "C" __global__ void never_ends(volatile int* flag, int* y) {
    while (*flag == 0) {} // the bug: nobody sets it
    *y = 1;
}

extern "C" __global__ void __launch_bounds__(128) at_most_128_threads(int* y) { y[threadIdx.x] = 1; }

extern "C" __global__ void stops_itself(const int* x) {
    if (x[threadIdx.x] < 0) __trap();
}

// --- asynchronous copies (compute capability 8.0) ---------------------------------------------------------------------

__device__ __forceinline__ void copy_async(float* to, const float* from) {
    unsigned t = (unsigned) __cvta_generic_to_shared(to);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(t), "l"(from) : "memory");
}
template <bool wait> __device__ __forceinline__ void reverse_async(const float* x, float* y) {
    __shared__ float tile[64];
    copy_async(tile + threadIdx.x, x + threadIdx.x);
    asm volatile("cp.async.commit_group;" ::: "memory");
    if (wait) asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncthreads();
    y[threadIdx.x] = tile[63 - threadIdx.x];
}
extern "C" __global__ void copy_not_awaited(const float* x, float* y) { reverse_async<false>(x, y); }
extern "C" __global__ void copy_awaited(const float* x, float* y) { reverse_async<true>(x, y); }

// --- small arrays -----------------------------------------------------------------------------------------------------

extern "C" __global__ void local_array(const int* x, int* y, int k) {
    int history[5];
    for (int i = 0; i < 5; i++) history[i] = x[threadIdx.x * 5 + i];
    y[threadIdx.x] = history[k + threadIdx.x % 2]; // k = 4 goes beyond the end for odd threads
}

__constant__ float table[4] = {1.5f, -2.0f, 0.25f, 8.0f};
__device__ int counters[3] = {7, 8, 9};
extern "C" __global__ void module_variables(float* y, int* z) {
    y[threadIdx.x] = table[threadIdx.x];
    if (threadIdx.x < 3) z[threadIdx.x] = ++counters[threadIdx.x];
}

struct Sizes { long long n[4]; int first; };
extern "C" __global__ void structure(long long* y, Sizes s) {
    y[threadIdx.x] = s.n[(threadIdx.x + s.first) & 3];
}
