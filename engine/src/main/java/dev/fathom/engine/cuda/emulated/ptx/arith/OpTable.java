package dev.fathom.engine.cuda.emulated.ptx.arith;

import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the static method that computes an opcode. */
public final class OpTable {
    private static final List<Class<?>> HOLDERS = List.of(IntOps.class, LongOps.class, ShortOps.class, BitOps.class,
            FloatOps.class, DoubleOps.class, DirectedOps.class, HalfOps.class, Bfloat16Ops.class,
            CompareOps.class, Conversions.class);
    private static final Map<String, Method> METHODS = new HashMap<>();

    static {
        for (Class<?> holder : HOLDERS) {
            for (Method method : holder.getDeclaredMethods()) {
                Ptx opcodes = method.getAnnotation(Ptx.class);
                for (String opcode : opcodes == null ? new String[0] : opcodes.value()) {
                    Method before = METHODS.put(opcode, method);
                    if (before != null) {
                        throw new IllegalStateException(opcode + " is computed by " + before + " and by " + method);
                    }
                }
            }
        }
    }

    private OpTable() {
    }

    /** The method for an opcode without .ftz and .sat, or null. */
    public static Method find(String opcode) {
        return METHODS.get(opcode);
    }

    /** Every opcode that has a method. */
    public static Set<String> opcodes() {
        return METHODS.keySet();
    }
}
