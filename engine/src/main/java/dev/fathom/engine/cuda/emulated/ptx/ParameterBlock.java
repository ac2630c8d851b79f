package dev.fathom.engine.cuda.emulated.ptx;

import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Packs the arguments of a launch as the kernel wants them. */
public final class ParameterBlock {
    private ParameterBlock() {
    }

    /**
     * The parameter block of these arguments, one for each parameter.
     *
     * @param arguments numbers: integers (Integer, Long, Short, Byte) for pointers and integers of any size, Float and
     *                  Double for floats; byte[] for a structure
     * @throws KernelFault of kind WRONG_PARAMETERS if their number or kind does not fit
     */
    public static MemorySegment of(PtxKernel kernel, Object... arguments) {
        List<PtxKernel.Parameter> wanted = kernel.parameters();
        if (arguments.length != wanted.size()) {
            throw wrong(kernel, "it takes " + wanted.size() + " arguments, not " + arguments.length + ".");
        }
        // Room at the end, so that the last value can be written as 8 bytes.
        MemorySegment block = MemorySegment.ofArray(new long[(kernel.parameterBytes() + 15) / 8]);
        for (int i = 0; i < arguments.length; i++) {
            put(kernel, block, wanted.get(i), i, arguments[i]);
        }
        return block.asSlice(0, kernel.parameterBytes());
    }

    private static void put(PtxKernel kernel, MemorySegment block, PtxKernel.Parameter p, int number, Object argument) {
        int at = p.offset();
        boolean scalar = p.bytes() == p.type().bytes();
        switch (argument) {
            case Float f when scalar && (p.type() == PtxType.F32 || p.type() == PtxType.B32) -> block.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, f);
            case Double d when scalar && (p.type() == PtxType.F64 || p.type() == PtxType.B64) -> block.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, d);
            case byte[] bytes when bytes.length == p.bytes() ->
                MemorySegment.copy(MemorySegment.ofArray(bytes), 0, block, at, bytes.length);
            case Number n when scalar && !p.type().floating() && !(n instanceof Float || n instanceof Double) -> {
                switch (p.bytes()) {
                    case 1 -> block.set(ValueLayout.JAVA_BYTE, at, n.byteValue());
                    case 2 -> block.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, n.shortValue());
                    case 4 -> block.set(ValueLayout.JAVA_INT_UNALIGNED, at, n.intValue());
                    default -> block.set(ValueLayout.JAVA_LONG_UNALIGNED, at, n.longValue());
                }
            }
            default -> throw unfit(kernel, p, number, argument);
        }
    }

    private static KernelFault unfit(PtxKernel kernel, PtxKernel.Parameter p, int number, Object argument) {
        return wrong(kernel, "argument " + number + " (" + argument.getClass().getSimpleName() + ") does not fit parameter "
                + p.name() + " of " + p.bytes() + " bytes, type " + p.type().text() + ".");
    }

    private static KernelFault wrong(PtxKernel kernel, String what) {
        return new KernelFault(FaultKind.WRONG_PARAMETERS, kernel.name(), "", what);
    }
}
