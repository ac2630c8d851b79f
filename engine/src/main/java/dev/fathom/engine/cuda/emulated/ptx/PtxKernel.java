package dev.fathom.engine.cuda.emulated.ptx;

import dev.fathom.engine.cuda.emulated.ptx.compile.KernelCompiler;
import dev.fathom.engine.cuda.emulated.ptx.compile.PointerFlow;
import dev.fathom.engine.cuda.emulated.ptx.run.Program;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Function;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A kernel of a module: what a launch must give it, and, from its first launch on, how to run it. */
public final class PtxKernel {
    /** So many instructions of warps: a quarter of a second or so. */
    private static final long MUCH = 10_000_000;

    private final PtxModule module;
    private final Function function;
    private final List<Parameter> parameters;
    private final int parameterBytes;
    private final int sharedBytes;
    private Program program;
    private boolean own;
    private long executed;

    /**
     * A parameter.
     *
     * @param name   as PTX has it
     * @param type   of its elements, for example u64 for a pointer
     * @param offset in the parameter block
     * @param bytes  its size; more than the type's for a structure or an array
     */
    public record Parameter(String name, PtxType type, int offset, int bytes) {
    }

    PtxKernel(PtxModule module, Function function) {
        this.module = module;
        this.function = function;
        List<Integer> offsets = KernelCompiler.parameterOffsets(module.file(), function);
        List<Parameter> list = new ArrayList<>();
        for (int i = 0; i < offsets.size(); i++) {
            Variable v = function.parameters().get(i);
            list.add(new Parameter(v.name(), v.type(), offsets.get(i), Math.toIntExact(v.bytes())));
        }
        parameters = List.copyOf(list);
        parameterBytes = KernelCompiler.parameterBytes(module.file(), function);
        sharedBytes = KernelCompiler.sharedBytes(module.file(), function);
    }

    public String name() {
        return function.name();
    }

    public PtxModule module() {
        return module;
    }

    /** The parameters in order. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** The size of the packed parameter block: the end of the last parameter. */
    public int parameterBytes() {
        return parameterBytes;
    }

    /** Shared memory that the kernel declares, in bytes, without dynamic shared memory. */
    public int sharedBytes() {
        return sharedBytes;
    }

    /** The most threads of a block (.maxntid, from __launch_bounds__): product of all extents; 1024 if not given. */
    public int maxThreads() {
        int[] m = function.maxThreads();
        return m == null ? 1024 : m[0] * m[1] * m[2];
    }

    /**
     * Which parameters are pointers, by their number, and what the kernel does through them, as far as its text shows.
     */
    public Map<Integer, PointerFlow.Use> pointers() {
        return PointerFlow.of(function);
    }

    /** How to run it: by loops that all kernels share at first, by code of its own when it has run much. */
    synchronized Program program() {
        if (program == null || !own && executed > MUCH) {
            own = executed > MUCH;
            program = KernelCompiler.compile(module.file(), function, own);
        }
        return program;
    }

    /**
     * Gives the kernel code of its own at its next launch, instead of when it has run for a while: results are the same,
     * the first launches slower, the later ones faster.
     */
    public synchronized void translate() {
        executed = Long.MAX_VALUE / 2;
    }

    /** Notes how many instructions of warps a launch has executed. */
    synchronized void executed(long instructions) {
        executed += instructions;
    }
}
