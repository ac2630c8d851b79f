package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The race detector against a judge that compares every pair of accesses: random programs of reads, writes,
 * __syncthreads and __syncwarp by three warps. The detector must speak exactly where two accesses of one word by
 * different threads, one a write, have no barrier between them, in whatever order the warps happened to run.
 */
class RaceOracleTest {
    private static final int THREADS = 96;
    private static final int WORDS = 6;

    /** Each round: maybe a barrier, then a read or a write of one word, as a table says for each thread. */
    private static final PtxKernel KERNEL = PtxModule.parse("race.ptx", Ptx.HEAD + """
            .visible .entry k(.param .u64 table, .param .u64 barriers, .param .u32 rounds)
            {
              .reg .pred %p<9>; .reg .b32 %r<20>; .reg .b64 %rd<9>;
              .shared .align 4 .b8 words[24];
              ld.param.u64 %rd1, [table]; ld.param.u64 %rd2, [barriers]; ld.param.u32 %r1, [rounds];
              mov.u32 %r2, %tid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, words; mov.u32 %r5, 0;
              setp.ge.u32 %p1, %r2, 6; shl.b32 %r6, %r2, 2; add.s32 %r6, %r4, %r6;
              @!%p1 st.shared.u32 [%r6], 0;
              bar.sync 0;
            ROUND:
              setp.ge.u32 %p1, %r5, %r1; @%p1 bra END;
              mul.wide.u32 %rd3, %r5, 4; add.s64 %rd3, %rd2, %rd3; ld.global.u32 %r7, [%rd3];
              setp.eq.u32 %p2, %r7, 1; @!%p2 bra NOBLOCK; bar.sync 0;
            NOBLOCK:
              setp.eq.u32 %p2, %r7, 2; @!%p2 bra NOWARP; bar.warp.sync 0xffffffff;
            NOWARP:
              mad.lo.s32 %r8, %r5, %r3, %r2; mul.wide.u32 %rd4, %r8, 4; add.s64 %rd4, %rd1, %rd4; ld.global.u32 %r9, [%rd4];
              and.b32 %r10, %r9, 255; shl.b32 %r10, %r10, 2; add.s32 %r10, %r4, %r10; shr.u32 %r11, %r9, 8;
              setp.eq.u32 %p3, %r11, 1; setp.eq.u32 %p4, %r11, 2;
              @%p3 ld.shared.u32 %r12, [%r10]; mad.lo.s32 %r13, %r5, 1000, %r2; add.s32 %r13, %r13, 1;
              @%p4 st.shared.u32 [%r10], %r13;
              add.s32 %r5, %r5, 1; bra ROUND;
            END: ret;
            }
            """).kernel("k");

    /** 0 nothing, 1 read, 2 write; and the word. */
    private record Access(int what, int word) {
    }

    private static boolean races(Access[][] rounds, int[] barriers) {
        for (int a = 0; a < rounds.length; a++) {
            for (int b = a; b < rounds.length; b++) {
                boolean block = false;
                boolean warp = false;
                for (int k = a + 1; k <= b; k++) {
                    block |= barriers[k] == 1;
                    warp |= barriers[k] == 2;
                }
                if (!block && pair(rounds[a], rounds[b], warp)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean pair(Access[] first, Access[] second, boolean warpBarrier) {
        for (int s = 0; s < THREADS; s++) {
            for (int t = 0; t < THREADS; t++) {
                Access x = first[s];
                Access y = second[t];
                if (s != t && x.what != 0 && y.what != 0 && x.word == y.word && (x.what == 2 || y.what == 2)
                        && !(warpBarrier && s / 32 == t / 32)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void speaksExactlyWhereThereIsARace() {
        Random random = new Random(11);
        int[] found = new int[2];
        for (int program = 0; program < 700; program++) {
            int rounds = 2 + random.nextInt(5);
            int[] barriers = new int[rounds];
            Access[][] table = new Access[rounds][THREADS];
            int[] packed = new int[rounds * THREADS];
            int style = random.nextInt(4);
            for (int r = 0; r < rounds; r++) {
                barriers[r] = random.nextInt(4) < 2 ? 1 : random.nextInt(3);
                for (int t = 0; t < THREADS; t++) {
                    table[r][t] = draw(random, style, r, t);
                    packed[r * THREADS + t] = table[r][t].what << 8 | table[r][t].word;
                }
            }
            boolean expected = races(table, barriers);
            found[expected ? 1 : 0]++;
            assertEquals(expected, reported(packed, barriers), "program " + program);
        }
        assertTrue(found[0] > 100 && found[1] > 100, found[0] + " without and " + found[1] + " with a race");
    }

    /** Few accesses, or many readers and one writer, so that about half of the programs are right. */
    private static Access draw(Random random, int style, int round, int thread) {
        int word = random.nextInt(WORDS);
        return switch (style) {
            case 0 -> new Access(random.nextInt(60) == 0 ? 1 + random.nextInt(2) : 0, word);
            case 1 -> new Access(random.nextInt(3) == 0 ? 1 : random.nextInt(300) == 0 ? 2 : 0, word);
            // Every thread of a warp has the warp's words to itself, mostly.
            case 2 -> new Access(random.nextInt(40) == 0 ? 1 + random.nextInt(2) : 0,
                    random.nextInt(50) == 0 ? word : thread / 32 * 2 + round % 2);
            default -> new Access(random.nextInt(8) == 0 ? 1 : thread == round && random.nextInt(2) == 0 ? 2 : 0,
                    random.nextInt(2) + round % 2 * 2);
        };
    }

    private static boolean reported(int[] table, int[] barriers) {
        try (EmulatedGpu gpu = new EmulatedGpu(1)) {
            gpu.launch(KERNEL, 1, THREADS, gpu.put(table, "table"), gpu.put(barriers, "barriers"), barriers.length);
            return false;
        } catch (KernelFault f) {
            assertEquals(FaultKind.SHARED_RACE, f.kind(), f.getMessage());
            return true;
        }
    }
}
