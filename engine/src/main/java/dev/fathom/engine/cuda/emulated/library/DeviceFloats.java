package dev.fathom.engine.cuda.emulated.library;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.numeric.HalfFloats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers of device memory as float32 on the host, for one library call, whose name and argument a fault then says. */
final class DeviceFloats {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final GlobalMemory memory;
    private final String call;

    DeviceFloats(GlobalMemory memory, String call) {
        this.memory = memory;
        this.call = call;
    }

    /**
     * Refuses dtypes that the library does not compute in, and addresses on which it would be wrong or slow.
     *
     * @param argument what the address is of, for the message
     */
    void check(String argument, long address, DType type, int halfAlignment) {
        if (type != DType.F32 && type != DType.F16 && type != DType.BF16) {
            throw new CudaException(call + ": " + argument + " is " + type
                    + "; float32, float16 and bfloat16 are supported");
        }
        int alignment = type == DType.F32 ? Float.BYTES : halfAlignment;
        if (address % alignment != 0) {
            throw new KernelFault(FaultKind.MISALIGNED_ACCESS, call, "", argument + " at " + GlobalMemory.hex(address)
                    + " is not at a multiple of " + alignment + " bytes, as " + type
                    + " tensors of library calls must be: copy it to an aligned place, or use a kernel that takes any.");
        }
    }

    /** Copies {@code count} numbers to {@code to} from index {@code at} on; all must have been written. */
    void read(String argument, long address, DType type, float[] to, int at, int count) {
        MemorySegment from = named(argument, () -> memory.readable(address, (long) count * type.bytes()));
        switch (type) {
            case F32 -> MemorySegment.copy(from, FLOAT, 0, to, at, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = HalfFloats.fromFloat16(from.get(SHORT, 2L * i));
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = HalfFloats.fromBfloat16(from.get(SHORT, 2L * i));
                }
            }
        }
    }

    /** A whole dense tensor. */
    float[] read(String argument, long address, DType type, long count) {
        float[] to = new float[Math.toIntExact(count)];
        if (count > 0) {
            read(argument, address, type, to, 0, to.length);
        }
        return to;
    }

    /** Stores numbers, rounded to nearest even. */
    void write(String argument, long address, DType type, float[] from, int at, int count) {
        MemorySegment to = named(argument, () -> memory.writable(address, (long) count * type.bytes()));
        switch (type) {
            case F32 -> MemorySegment.copy(from, at, to, FLOAT, 0, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    to.set(SHORT, 2L * i, HalfFloats.toFloat16(from[at + i]));
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    to.set(SHORT, 2L * i, HalfFloats.toBfloat16(from[at + i]));
                }
            }
        }
    }

    /** Checks that a range may be written (a workspace), and makes its contents unknown. */
    void claim(String argument, long address, long bytes) {
        if (bytes > 0) {
            named(argument, () -> memory.writable(address, bytes));
        }
    }

    private interface Range {
        MemorySegment segment();
    }

    private MemorySegment named(String argument, Range range) {
        try {
            return range.segment();
        } catch (KernelFault fault) {
            throw new KernelFault(fault.kind(), call, "", argument + ": " + fault.getMessage());
        }
    }
}
