// Products of half matrices on tensor cores (compute capability 8.0 and up): how a block of threads makes one rectangle
// of a result. What differs between a product and a convolution is only where operands come from (the loaders of
// gemm_sm80.cu and conv_sm80.cu) and where results go (epilogue.cuh).
//
//   global memory --cp.async--> shared memory, STAGES slices of K deep --ldmatrix--> registers --mma--> float32 sums
//
// A slice of an operand is stored in shared memory as it lies in global memory, so that copies are 16 bytes wide:
//   K_LINES: a line for each row of A (or each row of B's transpose, a column of the product), BK values of k in it;
//   X_LINES: a line for each k, with the rows (columns) in it. ldmatrix then transposes on the way to registers.
// The 16-byte pieces of a line are permuted by the line's number, so that the 8 lines that ldmatrix reads at once lie in
// different banks.
//
// Every element of the result is one sum over k in steps of 16 in ascending order, whatever the tile and the layout: all
// of them give the same bits.
#pragma once

enum Lines { K_LINES, X_LINES };
enum Bounded { NEITHER, OF_A, OF_B };

// BM x BN results a block, BK of K a slice; WM x WN results a warp. BLOCKS: how many a multiprocessor
// should have room for, which bounds the registers; 0: the compiler's choice, here up to 128 registers, that is 2 blocks.
template <int BM_, int BN_, int BK_, int WM_, int WN_, int STAGES_, int BLOCKS_> struct Tile {
    static constexpr int BM = BM_, BN = BN_, BK = BK_, WM = WM_, WN = WN_, STAGES = STAGES_, BLOCKS = BLOCKS_;
    static constexpr int WARPS_M = BM / WM, WARPS_N = BN / WN, THREADS = 32 * WARPS_M * WARPS_N;
    static constexpr int A_BYTES = BM * BK * 2, B_BYTES = BN * BK * 2, STAGE_BYTES = A_BYTES + B_BYTES;
    static constexpr int SUM_ROWS = 64, SUM_LD = BN + 8;  // rows that are finished at a time; 8 keeps float2 stores apart
    static constexpr int SUM_BYTES = SUM_ROWS * SUM_LD * 4;
    static constexpr int BYTES = STAGES * STAGE_BYTES > SUM_BYTES ? STAGES * STAGE_BYTES : SUM_BYTES;
    static_assert(BYTES <= 48 * 1024, "static shared memory");
};

typedef Tile<128, 128, 32, 64, 32, 3, 0> Large;  // 8 warps
typedef Tile<64, 64, 64, 32, 32, 3, 4> Small;    // 4 warps
typedef Tile<128, 32, 32, 32, 32, 4, 4> Narrow;  // 4 warps, for results of few columns

__device__ __forceinline__ void store_shared16(u32 to, u32 a, u32 b, u32 c, u32 d) {
    asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

// Puts 8 neighbours, of which the first `count` exist, to a 16-byte piece of shared memory, wherever they start.
template <typename T> __device__ __forceinline__ void copy8(u32 to, const T* from, int count) {
    u32 v[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        u32 low = 2 * i < count ? from[2 * i].bits : 0, high = 2 * i + 1 < count ? from[2 * i + 1].bits : 0;
        v[i] = low | high << 16;
    }
    store_shared16(to, v[0], v[1], v[2], v[3]);
}

// Byte offset of a 16-byte piece in a slice whose lines have PIECES of them.
template <int PIECES> __device__ __forceinline__ int place_of(int line, int piece) {
    int turned = PIECES >= 8 ? piece ^ (line & 7) : piece ^ (line >> 1 & 3);
    return (line * PIECES + turned) * 16;
}

// Slices of an operand stored with k in its lines: [extent, K].
template <typename T, int ROWS, int BK, int THREADS> struct LoadK {
    static constexpr int PIECES = BK / 8, STEP = THREADS / PIECES, COUNT = ROWS / STEP;
    const T* from;
    i64 line;  // elements
    int k, size, rows_left, offset;
    bool vector;

    __device__ __forceinline__ LoadK(const T* base, int first, int extent, int depth) {
        int piece = threadIdx.x % PIECES, row = threadIdx.x / PIECES;
        k = piece * 8;
        size = depth;
        line = depth;
        rows_left = extent - first - row;
        from = base + (i64) (first + row) * depth + k;
        offset = place_of<PIECES>(row, piece);
        vector = depth % 8 == 0 && aligned16(base);
    }
    __device__ __forceinline__ void load(u32 to) {
        // STEP is a multiple of 8 lines: the permutation of a line repeats, so the places are a constant apart.
        if (vector) {
#pragma unroll
            for (int i = 0; i < COUNT; i++) {
                bool there = k < size && i * STEP < rows_left;
                cp_async16(to + offset + i * STEP * PIECES * 16, there ? from + i * STEP * line : from, there);
            }
        } else {
            int here = min(max(size - k, 0), 8);
#pragma unroll 1
            for (int i = 0; i < COUNT; i++)
                copy8(to + offset + i * STEP * PIECES * 16, from + i * STEP * line, i * STEP < rows_left ? here : 0);
        }
        k += BK;
        from += BK;
    }
};

// Slices of an operand stored with a line for each k: [K, extent].
template <typename T, int WIDTH, int BK, int THREADS> struct LoadX {
    static constexpr int PIECES = WIDTH / 8, STEP = THREADS / PIECES, COUNT = BK / STEP;
    const T* from;
    i64 line;
    int k, size, here, offset;
    bool vector;

    __device__ __forceinline__ LoadX(const T* base, int first, int extent, int depth) {
        int piece = threadIdx.x % PIECES;
        k = threadIdx.x / PIECES;
        size = depth;
        line = extent;
        here = min(max(extent - first - piece * 8, 0), 8);
        from = base + (i64) k * extent + first + piece * 8;
        offset = place_of<PIECES>(k, piece);
        vector = extent % 8 == 0 && aligned16(base);
    }
    __device__ __forceinline__ void load(u32 to) {
        if (vector) {
#pragma unroll
            for (int i = 0; i < COUNT; i++) {
                bool there = here > 0 && k + i * STEP < size;
                cp_async16(to + offset + i * STEP * PIECES * 16, there ? from + i * STEP * line : from, there);
            }
        } else {
#pragma unroll 1
            for (int i = 0; i < COUNT; i++)
                copy8(to + offset + i * STEP * PIECES * 16, from + i * STEP * line, k + i * STEP < size ? here : 0);
        }
        k += BK;
        from += BK * line;
    }
};

// Four 8x8 blocks from lines of either kind, so that registers hold what mma wants.
template <Lines L> __device__ __forceinline__ void fragments(u32 (&r)[4], u32 at) {
    if (L == K_LINES) ldmatrix(r, at);
    else ldmatrix_trans(r, at);
}

// The larger of each of two packed halves and a bound, NaN staying NaN: ReLU with bound 0, nothing with minus infinity.
__device__ __forceinline__ u32 at_least(u32 x, u32 bound, f16) {
    asm("max.NaN.f16x2 %0, %0, %1;" : "+r"(x) : "r"(bound));
    return x;
}
__device__ __forceinline__ u32 at_least(u32 x, u32 bound, bf16) {
    asm("max.NaN.bf16x2 %0, %0, %1;" : "+r"(x) : "r"(bound));
    return x;
}
__device__ __forceinline__ u32 minus_infinity(f16) { return 0xfc00fc00u; }
__device__ __forceinline__ u32 minus_infinity(bf16) { return 0xff80ff80u; }

// All of a block's sums. The loaders put slice after slice to where they are told: load(shared address) is called once
// for each slice, in order. BOUND: which operand's values are raised
// to `bound` on the way (ReLU of a convolution's input).
template <typename T, typename C, Lines A_LINES, Lines B_LINES, Bounded BOUND, typename LoadA, typename LoadB>
__device__ __forceinline__ void multiply(u32 shared, LoadA& load_a, LoadB& load_b, int slices, u32 bound,
                                         float (&sums)[C::WM / 16][C::WN / 8][4]) {
    constexpr int MM = C::WM / 16, NN = C::WN / 8;
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int row0 = warp / C::WARPS_N * C::WM, column0 = warp % C::WARPS_N * C::WN;
    // Which of the four 8x8 matrices of an ldmatrix this thread names a line of: A's come rows first, B's k first.
    int inner = lane & 7, first = lane >> 3 & 1, second = lane >> 4;
#pragma unroll
    for (int m = 0; m < MM; m++)
#pragma unroll
        for (int n = 0; n < NN; n++)
#pragma unroll
            for (int i = 0; i < 4; i++) sums[m][n][i] = 0.0f;

    // Slice s is asked for STAGES - 1 rounds before it is multiplied.
    u32 next = shared, now = shared, end = shared + C::STAGES * C::STAGE_BYTES;
#pragma unroll 1
    for (int s = 1 - C::STAGES; s < slices; s++) {
        if (s >= 0) {
            cp_async_wait<C::STAGES - 2>();  // slice s has arrived, as far as this thread copied it,
            __syncthreads();                 // and all of it; and nobody reads slice s - 1 any more
        }
        if (s + C::STAGES - 1 < slices) {
            load_a.load(next);
            load_b.load(next + C::A_BYTES);
        }
        cp_async_commit();
        next = next + C::STAGE_BYTES == end ? shared : next + C::STAGE_BYTES;
        if (s < 0) continue;
        u32 slice_b = now + C::A_BYTES;
#pragma unroll
        for (int k = 0; k < C::BK; k += 16) {
            u32 a[MM][4], b[NN / 2][4];
#pragma unroll
            for (int m = 0; m < MM; m++) {
                int x = row0 + m * 16 + first * 8;  // 8 rows from x on, 8 k from kk on
                int kk = k + second * 8;
                fragments<A_LINES>(a[m], now + (A_LINES == K_LINES ? place_of<C::BK / 8>(x + inner, kk >> 3)
                                                                   : place_of<C::BM / 8>(kk + inner, x >> 3)));
                if (BOUND == OF_A) {
#pragma unroll
                    for (int i = 0; i < 4; i++) a[m][i] = at_least(a[m][i], bound, T());
                }
            }
#pragma unroll
            for (int n = 0; n < NN / 2; n++) {
                int x = column0 + n * 16 + second * 8;
                int kk = k + first * 8;
                fragments<B_LINES>(b[n], slice_b + (B_LINES == K_LINES ? place_of<C::BK / 8>(x + inner, kk >> 3)
                                                                       : place_of<C::BN / 8>(kk + inner, x >> 3)));
                if (BOUND == OF_B) {
#pragma unroll
                    for (int i = 0; i < 4; i++) b[n][i] = at_least(b[n][i], bound, T());
                }
            }
#pragma unroll
            for (int m = 0; m < MM; m++)
#pragma unroll
                for (int n = 0; n < NN; n++)
                    mma<T>(sums[m][n], a[m], b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]);
        }
        now = now + C::STAGE_BYTES == end ? shared : now + C::STAGE_BYTES;
    }
    cp_async_wait<0>();
    __syncthreads();  // the slices' memory is free
}

// Puts the sums of SUM_ROWS rows, from row `first` of the tile on, to shared memory.
template <typename C>
__device__ __forceinline__ void spread(float* shared, const float (&sums)[C::WM / 16][C::WN / 8][4], int first) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int row = warp / C::WARPS_N * C::WM - first, column = warp % C::WARPS_N * C::WN;
    if (row < 0 || row >= C::SUM_ROWS) return;
    // Of each 16x8 rectangle a thread has two neighbours of row lane / 4 and two of the row 8 below.
    float* to = shared + (row + lane / 4) * C::SUM_LD + column + lane % 4 * 2;
#pragma unroll
    for (int m = 0; m < C::WM / 16; m++)
#pragma unroll
        for (int n = 0; n < C::WN / 8; n++) {
            *(float2*) (to + m * 16 * C::SUM_LD + n * 8) = make_float2(sums[m][n][0], sums[m][n][1]);
            *(float2*) (to + (m * 16 + 8) * C::SUM_LD + n * 8) = make_float2(sums[m][n][2], sums[m][n][3]);
        }
}

// Hands the sums over to the epilogue, SUM_ROWS rows at a time.
template <typename C, typename T, typename Place>
__device__ __forceinline__ void finish_tile(float* shared, const float (&sums)[C::WM / 16][C::WN / 8][4], int row0,
                                            int column0, int rows, int columns, const Epilogue<T>& e, const Place& place) {
#pragma unroll 1
    for (int first = 0; first < C::BM; first += C::SUM_ROWS) {
        spread<C>(shared, sums, first);
        __syncthreads();
        finish<false, C::SUM_ROWS, C::BN, C::SUM_LD, C::THREADS>(shared, row0 + first, column0, rows, columns, e, place);
        __syncthreads();
    }
}
