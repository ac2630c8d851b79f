// Products in plain float32 arithmetic, for operands stored as T: how a block of 256 threads makes one rectangle of a
// result. The float32 path of every GPU, and the half path of those before compute capability 8.0.
//
// Slices of 16 of K of both operands lie in shared memory with a line for each k, so that a thread reads its rows and
// columns as float4. While one slice is multiplied the next is already on its way from global memory to registers, and
// goes to the other half of shared memory: one barrier a slice. A thread's results are blocks of 4 rows by 4 columns,
// half a tile apart, which keeps its shared-memory reads free of bank conflicts.
//
// Every element of the result is one sum of fused multiply-adds over ascending k, whatever the tile and the layout.
#pragma once

// BLOCKS: how many a multiprocessor should have room for; it bounds the registers.
template <int BM_, int BN_, int BLOCKS_> struct Tile {
    static constexpr int BM = BM_, BN = BN_, BK = 16, THREADS = 256, BLOCKS = BLOCKS_;
    static constexpr int TM = BM / 16, TN = BN / 16;             // results of a thread
    static constexpr int LD_A = BM + 4, LD_B = BN + 4;           // floats of a line: the next line starts 4 banks on
    static constexpr int A_FLOATS = BK * LD_A, STAGE = A_FLOATS + BK * LD_B;
    static constexpr int SUM_ROWS = 64;
    static constexpr int FLOATS = 2 * STAGE > SUM_ROWS * LD_B ? 2 * STAGE : SUM_ROWS * LD_B;
};
typedef Tile<128, 128, 1> Large;
typedef Tile<64, 64, 2> Small;

// Four neighbours in one load.
template <typename T> struct alignas(4 * sizeof(T)) Four { T at[4]; };
template <typename T> __device__ __forceinline__ bool aligned4(const T* p) { return ((u64) p & (4 * sizeof(T) - 1)) == 0; }
template <typename T> __device__ __forceinline__ void read4(float (&r)[4], const T* from, int count, bool vector) {
    if (vector) {
        Four<T> v = {};
        if (count > 0) v = *(const Four<T>*) from;
#pragma unroll
        for (int i = 0; i < 4; i++) r[i] = to_f32(v.at[i]);
    } else {
#pragma unroll
        for (int i = 0; i < 4; i++) r[i] = i < count ? to_f32(from[i]) : 0.0f;
    }
}
// A group that lies along k goes to four lines of shared memory.
template <int LD> __device__ __forceinline__ void store_along_k(float* line, const float (&r)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++) line[i * LD] = r[i];
}

// Slices of a dense operand, [extent, K] or [K, extent] when it is transposed: k from `begin` on, `depth` of them.
template <typename T, int WIDTH> struct LoadMatrix {
    static constexpr int LD = WIDTH + 4, COUNT = WIDTH / 64;
    const T* from;
    int k, size, here[COUNT], line, row, x4;
    bool transposed, vector;
    float r[COUNT][4];

    __device__ __forceinline__ LoadMatrix(const T* base, int first, int extent, int all, int begin, int depth,
                                          bool is_transposed) {
        transposed = is_transposed;
        size = depth;
        line = transposed ? extent : all;
        base += transposed ? (i64) begin * extent : begin;
        vector = line % 4 == 0 && aligned4(base);
        if (transposed) {
            row = threadIdx.x / (WIDTH / 4);
            x4 = threadIdx.x % (WIDTH / 4) * 4;
            k = row;
            from = base + (i64) k * line + first + x4;
            here[0] = min(max(extent - first - x4, 0), 4);
        } else {
            row = threadIdx.x / 4;
            x4 = threadIdx.x % 4 * 4;
            k = x4;
            from = base + (i64) (first + row) * line + k;
#pragma unroll
            for (int i = 0; i < COUNT; i++) here[i] = first + row + i * 64 < extent;
        }
    }
    __device__ __forceinline__ void fetch() {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            // The next group of a thread is 64 rows, or as many values of k as 256 threads cover, further on.
            int step = transposed ? i * (1024 / WIDTH) : i * 64;
            int count = transposed ? (k + step < size ? here[0] : 0) : (here[i] ? min(size - k, 4) : 0);
            read4(r[i], from + (i64) step * line, count, vector);
        }
        k += 16;
        from += transposed ? (i64) 16 * line : 16;
    }
    __device__ __forceinline__ void store(float* slice) {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            if (transposed)
                *(float4*) (slice + (row + i * (1024 / WIDTH)) * LD + x4) = make_float4(r[i][0], r[i][1], r[i][2], r[i][3]);
            else
                store_along_k<LD>(slice + x4 * LD + row + i * 64, r[i]);
        }
    }
};

// Row (or column) i of a thread's results within the tile: blocks of 4, half a tile apart.
template <int EXTENT> __device__ __forceinline__ int result_line(int thread, int i) {
    return i / 4 * (EXTENT / 2) + thread * 4 + i % 4;
}

template <typename C, typename LoadA, typename LoadB>
__device__ __forceinline__ void multiply(float* shared, LoadA& load_a, LoadB& load_b, int slices, float (&sums)[C::TM][C::TN]) {
    int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
#pragma unroll
    for (int m = 0; m < C::TM; m++)
#pragma unroll
        for (int n = 0; n < C::TN; n++) sums[m][n] = 0.0f;
    int half = 0;
#pragma unroll 1
    for (int s = -1; s < slices; s++) {
        if (s + 1 < slices) {
            load_a.fetch();
            load_b.fetch();
        }
        if (s >= 0) {
            const float* a_lines = shared + half;
            const float* b_lines = a_lines + C::A_FLOATS;
#pragma unroll 4
            for (int k = 0; k < C::BK; k++) {
                float a[C::TM], b[C::TN];
#pragma unroll
                for (int m = 0; m < C::TM; m += 4) {
                    float4 v = *(const float4*) (a_lines + k * C::LD_A + result_line<C::BM>(ty, m));
                    a[m] = v.x; a[m + 1] = v.y; a[m + 2] = v.z; a[m + 3] = v.w;
                }
#pragma unroll
                for (int n = 0; n < C::TN; n += 4) {
                    float4 v = *(const float4*) (b_lines + k * C::LD_B + result_line<C::BN>(tx, n));
                    b[n] = v.x; b[n + 1] = v.y; b[n + 2] = v.z; b[n + 3] = v.w;
                }
#pragma unroll
                for (int m = 0; m < C::TM; m++)
#pragma unroll
                    for (int n = 0; n < C::TN; n++) sums[m][n] = fmaf(a[m], b[n], sums[m][n]);
            }
            half = C::STAGE - half;
        }
        if (s + 1 < slices) {
            load_a.store(shared + half);
            load_b.store(shared + half + C::A_FLOATS);
        }
        __syncthreads();
    }
}

// Puts the sums of 64 rows, block `block` of them, to shared memory.
template <typename C> __device__ __forceinline__ void spread(float* shared, const float (&sums)[C::TM][C::TN], int block) {
    int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
#pragma unroll
    for (int m = 0; m < 4; m++)
#pragma unroll
        for (int n = 0; n < C::TN; n += 4) {
            const float* s = sums[block * 4 + m] + n;
            *(float4*) (shared + (ty * 4 + m) * C::LD_B + result_line<C::BN>(tx, n)) = make_float4(s[0], s[1], s[2], s[3]);
        }
}

// Hands the sums over to the epilogue, 64 rows at a time.
template <typename C, typename T, typename Place>
__device__ __forceinline__ void finish_tile(float* shared, const float (&sums)[C::TM][C::TN], int row0, int column0, int rows,
                                            int columns, const Epilogue<T>& e, const Place& place) {
#pragma unroll
    for (int block = 0; block < C::TM / 4; block++) {
        spread<C>(shared, sums, block);
        __syncthreads();
        finish<false, C::SUM_ROWS, C::BN, C::LD_B, C::THREADS>(shared, row0 + block * C::SUM_ROWS, column0, rows, columns, e,
                                                               place);
        __syncthreads();
    }
}
