package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.SpecialRegisters;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fills in the values that lanes have from the start: parameters, constants, addresses and special registers. */
final class Uniforms {
    private final Launch launch;
    private final List<Uniform.Special> ofBlock = new ArrayList<>();

    Uniforms(Launch launch) {
        this.launch = launch;
        for (Uniform u : launch.program().uniforms()) {
            if (u instanceof Uniform.Special s && SpecialRegisters.NAMES.get(s.number()).startsWith("%ctaid")) {
                ofBlock.add(s);
            }
        }
    }

    /** Everything that stays the same for all blocks. */
    void fillLaunch(Warp w) {
        for (Uniform u : launch.program().uniforms()) {
            switch (u) {
                case Uniform.Constant c -> fill(w, c.bits(), c.wide(), c.offset());
                case Uniform.Parameter p -> fill(w, parameter(p), p.wide(), p.offset());
                case Uniform.Address a -> fill(w, launch.symbols().get(a.symbol()) + a.distance(), true, a.offset());
                case Uniform.Special s -> {
                    for (int lane = 0; lane < 32; lane++) {
                        w.r[s.offset() + lane] = special(SpecialRegisters.NAMES.get(s.number()), w, lane);
                    }
                }
            }
        }
    }

    /** What changes from block to block. */
    void fillBlock(Warp w, Dim3 place) {
        for (Uniform.Special s : ofBlock) {
            fill(w, axis(place, SpecialRegisters.NAMES.get(s.number())), false, s.offset());
        }
    }

    private static void fill(Warp w, long bits, boolean wide, int offset) {
        if (wide) {
            Arrays.fill(w.d, offset, offset + 32, bits);
        } else {
            Arrays.fill(w.r, offset, offset + 32, (int) bits);
        }
    }

    private long parameter(Uniform.Parameter p) {
        MemorySegment block = launch.parameters();
        long at = p.at();
        return switch (p.bytes()) {
            case 1 -> p.signed() ? block.get(ValueLayout.JAVA_BYTE, at) : block.get(ValueLayout.JAVA_BYTE, at) & 255;
            case 2 -> p.signed() ? block.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)
                    : block.get(ValueLayout.JAVA_CHAR_UNALIGNED, at);
            case 4 -> p.signed() ? block.get(ValueLayout.JAVA_INT_UNALIGNED, at)
                    : block.get(ValueLayout.JAVA_INT_UNALIGNED, at) & 0xffffffffL;
            default -> block.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        };
    }

    private int special(String name, Warp w, int lane) {
        Dim3 size = launch.block();
        return switch (name) {
            case "%tid.x", "%tid.y", "%tid.z" -> axis(size.at(w.thread(lane)), name);
            case "%ntid.x", "%ntid.y", "%ntid.z" -> axis(size, name);
            case "%nctaid.x", "%nctaid.y", "%nctaid.z" -> axis(launch.grid(), name);
            case "%ctaid.x", "%ctaid.y", "%ctaid.z" -> 0;
            case "%laneid" -> lane;
            case "%warpid" -> w.index;
            case "%nwarpid" -> (int) ((size.count() + 31) / 32);
            case "%lanemask_eq" -> 1 << lane;
            case "%lanemask_lt" -> (1 << lane) - 1;
            case "%lanemask_le" -> -1 >>> 31 - lane;
            case "%lanemask_gt" -> ~(-1 >>> 31 - lane);
            case "%lanemask_ge" -> -1 << lane;
            case "%dynamic_smem_size" -> launch.dynamicShared();
            case "%total_smem_size" -> launch.sharedBytes();
            default -> throw new IllegalStateException(name);
        };
    }

    private static int axis(Dim3 d, String name) {
        return switch (name.charAt(name.length() - 1)) {
            case 'x' -> d.x();
            case 'y' -> d.y();
            default -> d.z();
        };
    }
}
