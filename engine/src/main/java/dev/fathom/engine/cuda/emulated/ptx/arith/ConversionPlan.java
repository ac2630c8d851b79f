package dev.fathom.engine.cuda.emulated.ptx.arith;

import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Takes a cvt opcode apart: which steps of {@link Conversions}, one after the other, compute it. */
public final class ConversionPlan {
    private final List<Method> steps = new ArrayList<>();
    private final List<String> modifiers;
    private final PtxType to;
    private final PtxType from;
    private final boolean saturate;
    private final boolean flush;
    private String rounding = "";

    private ConversionPlan(List<String> words) {
        int n = words.size();
        to = PtxType.of(words.get(n - 2));
        from = PtxType.of(words.get(n - 1));
        List<String> rest = new ArrayList<>(words.subList(0, n - 2));
        saturate = rest.remove("sat");
        flush = rest.remove("ftz");
        if (!rest.isEmpty()) {
            rounding = rest.removeFirst();
        }
        modifiers = rest;
    }

    /**
     * The steps of a conversion of one value.
     *
     * @param modifiers the words after "cvt", for example rn, f16, f32
     * @return static methods of one parameter each, or null if this conversion does not exist or is not known
     */
    public static List<Method> of(List<String> modifiers) {
        if (modifiers.size() < 2) {
            return null;
        }
        ConversionPlan plan = new ConversionPlan(modifiers);
        return plan.to != null && plan.from != null && plan.modifiers.isEmpty() && plan.build() ? plan.steps : null;
    }

    private boolean build() {
        if (!known(from) || !known(to)) {
            return false;
        }
        if (from.floating()) {
            return to.floating() ? floatToFloat() : floatToInteger();
        }
        step("from" + name(from));
        return to.floating() ? integerToFloat() : integerToInteger();
    }

    private static boolean known(PtxType t) {
        return switch (t) {
            case S8, U8, S16, U16, S32, U32, S64, U64, F16, BF16, F32, F64 -> true;
            default -> false;
        };
    }

    private static String name(PtxType t) {
        String text = t.text();
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private void step(String method) {
        add(Conversions.class, method, steps.isEmpty() ? null : steps.getLast().getReturnType());
    }

    private void add(Class<?> holder, String method, Class<?> parameter) {
        steps.add(Arrays.stream(holder.getDeclaredMethods())
                .filter(m -> m.getName().equals(method) && m.getParameterCount() == 1)
                .filter(m -> parameter == null || m.getParameterTypes()[0] == parameter).findFirst()
                .orElseThrow(() -> new IllegalStateException("no step " + method + " from " + parameter)));
    }

    private boolean integerToInteger() {
        if (!rounding.isEmpty()) {
            return false;
        }
        if (saturate && from != to) {
            if (from == PtxType.U64) {
                step("capUnsigned");
            }
            if (to != PtxType.S64) {
                step("clamp" + name(to));
            }
        }
        step("to" + name(to));
        return true;
    }

    private boolean integerToFloat() {
        String source = from == PtxType.U64 ? "OfUnsigned" : "Of";
        if (!rounding.equals("rn")) {
            return directedIntegerToFloat(source);
        }
        switch (to) {
            case F32 -> step("float" + source);
            case F64 -> step("double" + source);
            default -> {
                step("double" + source);
                add(Conversions.class, "narrow" + name(to), double.class);
            }
        }
        saturateResult();
        return true;
    }

    /** From up to 53 bits the double is exact, so that its directed rounding to float is the only one. */
    private boolean directedIntegerToFloat(String source) {
        if (from.bytes() > 4 || to != PtxType.F32 && to != PtxType.F64 || !rounding.matches("rz|rm|rp")) {
            return false;
        }
        step("double" + source);
        if (to == PtxType.F32) {
            add(DirectedOps.class, "narrow_" + rounding, double.class);
        }
        return true;
    }

    private void widen() {
        switch (from) {
            case F16 -> add(Conversions.class, "wideF16", char.class);
            case BF16 -> add(Conversions.class, "wideBf16", char.class);
            case F32 -> {
                if (flush) {
                    add(FloatOps.class, "flush", float.class);
                }
            }
            default -> { }
        }
    }

    private boolean floatToInteger() {
        widen();
        if (from != PtxType.F64) {
            add(Conversions.class, "wideF32", float.class);
        }
        String round = roundingStep();
        if (round == null) {
            return false;
        }
        add(Conversions.class, round, double.class);
        if (to == PtxType.U64) {
            add(Conversions.class, "unsignedInteger", double.class);
            return true;
        }
        boolean wide = from == PtxType.F64 || to.bytes() == 8;
        add(Conversions.class, !wide ? "integer" : to.bytes() == 8 ? "integerOrTopBit64" : "integerOrTopBit32",
                double.class);
        if (to != PtxType.S64) {
            step("clamp" + name(to));
        }
        step("to" + name(to));
        return true;
    }

    private String roundingStep() {
        return switch (rounding) {
            case "rni" -> "nearest";
            case "rzi" -> "towardZero";
            case "rmi" -> "down";
            case "rpi" -> "up";
            default -> null;
        };
    }

    private boolean floatToFloat() {
        widen();
        boolean wide = from == PtxType.F64;
        if (roundingStep() != null) {
            if (!wide) {
                add(Conversions.class, "wideF32", float.class);
                wide = true;
            }
            add(Conversions.class, roundingStep(), double.class);
        } else if (rounding.matches("rz|rm|rp")) {
            return directedFloat(wide);
        } else if (!rounding.isEmpty() && !rounding.equals("rn")) {
            return false;
        }
        Class<?> now = wide ? double.class : float.class;
        switch (to) {
            case F64 -> {
                if (!wide) {
                    add(Conversions.class, "wideF32", float.class);
                }
            }
            case F32 -> {
                if (wide) {
                    add(Conversions.class, "narrowF32", double.class);
                }
                if (flush) {
                    add(FloatOps.class, "flush", float.class);
                }
            }
            default -> {
                if (saturate) {
                    add(wide ? Conversions.class : FloatOps.class, "saturate", now);
                }
                add(Conversions.class, "narrow" + name(to), now);
                return true;
            }
        }
        if (steps.isEmpty()) {
            add(FloatOps.class, "mov", float.class);
        }
        saturateResult();
        return true;
    }

    private boolean directedFloat(boolean wide) {
        if (wide && to == PtxType.F32) {
            add(DirectedOps.class, "narrow_" + rounding, double.class);
        } else if (!wide && rounding.equals("rz") && (to == PtxType.F16 || to == PtxType.BF16)) {
            add(Conversions.class, "truncate" + name(to), float.class);
        } else {
            return false;
        }
        saturateResult();
        return true;
    }

    private void saturateResult() {
        if (saturate && to == PtxType.F32) {
            add(FloatOps.class, "saturate", float.class);
        } else if (saturate && to == PtxType.F64) {
            add(Conversions.class, "saturate", double.class);
        }
    }
}
