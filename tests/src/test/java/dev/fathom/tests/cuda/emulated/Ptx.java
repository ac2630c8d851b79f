package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Small PTX kernels around single instructions, and the PTX files of the test resources. */
final class Ptx {
    static final String HEAD = ".version 7.2\n.target sm_80\n.address_size 64\n";

    private Ptx() {
    }

    /** A module of the test resources. */
    static PtxModule resource(String name) {
        try (InputStream in = Ptx.class.getResourceAsStream("/cuda/" + name)) {
            return PtxModule.parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A kernel k(out, in) whose body is given; %rd1 is the address of out, %rd2 of in, %r1 the thread's number. */
    static PtxKernel kernel(String body) {
        return PtxModule.parse("test.ptx", HEAD + """
                .visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
                {
                  .reg .pred %p<20>; .reg .b16 %h<40>; .reg .b32 %r<80>; .reg .f32 %f<80>;
                  .reg .b64 %rd<40>; .reg .f64 %fd<40>;
                  ld.param.u64 %rd1, [k_param_0];
                  ld.param.u64 %rd2, [k_param_1];
                  mov.u32 %r1, %tid.x;
                """ + body + "\n  ret;\n}\n").kernel("k");
    }

    /** The letter of a register kind: what "b32" and so on are called above, and their bytes. */
    private record Kind(String register, String memory, int bytes) {
        static Kind of(String type) {
            return switch (type) {
                case "b16" -> new Kind("%h", "b16", 2);
                case "b32" -> new Kind("%r", "b32", 4);
                case "f32" -> new Kind("%f", "f32", 4);
                case "b64" -> new Kind("%rd", "b64", 8);
                case "f64" -> new Kind("%fd", "f64", 8);
                default -> throw new IllegalArgumentException(type);
            };
        }
    }

    /**
     * Executes one instruction for many operands.
     *
     * @param opcode  for example "add.s32"; a setp gives 1 or 0
     * @param types   of the result and the operands: b16, b32, f32, b64, f64, or pred for the result
     * @param inputs  [case][operand], the bits
     * @return the bits of the results, zero-extended
     */
    static long[] run(String opcode, String types, long[][] inputs) {
        String[] t = types.split(" ");
        boolean predicate = t[0].equals("pred");
        Kind out = Kind.of(predicate ? "b32" : t[0]);
        StringBuilder body = new StringBuilder("mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x;\n"
                + "mad.lo.s32 %r1, %r2, %r3, %r1;\nsetp.ge.u32 %p1, %r1, " + inputs.length + ";\n@%p1 bra DONE;\n"
                + "mul.wide.u32 %rd3, %r1, " + 8 * (t.length - 1) + ";\nadd.s64 %rd3, %rd2, %rd3;\n");
        StringBuilder operands = new StringBuilder();
        for (int i = 1; i < t.length; i++) {
            Kind k = Kind.of(t[i]);
            String register = k.register + (20 + i);
            body.append("ld.global.").append(k.memory).append(" ").append(register).append(", [%rd3+").append(8 * (i - 1))
                    .append("];\n");
            operands.append(", ").append(register);
        }
        String target = predicate ? "%p2" : out.register + "20";
        body.append(opcode).append(" ").append(target).append(operands).append(";\n");
        if (predicate) {
            body.append("selp.b32 %r20, 1, 0, %p2;\n");
        }
        body.append("mul.wide.u32 %rd4, %r1, ").append(out.bytes).append(";\nadd.s64 %rd4, %rd1, %rd4;\nst.global.")
                .append(out.memory).append(" [%rd4], ").append(out.register).append("20;\nDONE:");
        long[] flat = new long[inputs.length * (t.length - 1)];
        for (int i = 0; i < inputs.length; i++) {
            System.arraycopy(inputs[i], 0, flat, i * (t.length - 1), t.length - 1);
        }
        PtxKernel kernel = kernel(body.toString());
        long[] results = run(kernel, flat, inputs.length, out.bytes);
        kernel.translate(); // the kernel's own code must give the same as the loops that all share
        assertArrayEquals(results, run(kernel, flat, inputs.length, out.bytes));
        return results;
    }

    private static long[] run(PtxKernel kernel, long[] operands, int cases, int bytes) {
        try (EmulatedGpu gpu = new EmulatedGpu()) {
            long in = gpu.put(operands, "operands");
            long result = gpu.empty((long) bytes * cases, "results");
            gpu.launch(kernel, (cases + 255) / 256, 256, result, in);
            MemorySegment memory = gpu.memory().readable(result, (long) bytes * cases);
            long[] results = new long[cases];
            for (int i = 0; i < cases; i++) {
                results[i] = switch (bytes) {
                    case 2 -> memory.getAtIndex(ValueLayout.JAVA_CHAR, i);
                    case 4 -> memory.getAtIndex(ValueLayout.JAVA_INT, i) & 0xffffffffL;
                    default -> memory.getAtIndex(ValueLayout.JAVA_LONG, i);
                };
            }
            return results;
        }
    }

    /** Every pair of these operands. */
    static long[][] pairs(long... values) {
        long[][] all = new long[values.length * values.length][];
        for (int i = 0; i < all.length; i++) {
            all[i] = new long[] {values[i / values.length], values[i % values.length]};
        }
        return all;
    }

    /** Every triple of these operands. */
    static long[][] triples(long... values) {
        int n = values.length;
        long[][] all = new long[n * n * n][];
        for (int i = 0; i < all.length; i++) {
            all[i] = new long[] {values[i / n / n], values[i / n % n], values[i % n]};
        }
        return all;
    }

    static long[][] singles(long... values) {
        long[][] all = new long[values.length][];
        for (int i = 0; i < all.length; i++) {
            all[i] = new long[] {values[i]};
        }
        return all;
    }
}
