package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.arith.CarryOps;
import dev.fathom.engine.cuda.emulated.ptx.arith.ConversionPlan;
import dev.fathom.engine.cuda.emulated.ptx.arith.FloatOps;
import dev.fathom.engine.cuda.emulated.ptx.arith.OpTable;
import dev.fathom.engine.cuda.emulated.ptx.run.StateSpace;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Group;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Memory;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Pair;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Symbol;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes the bytecode of one arithmetic instruction for one lane. */
final class LaneEmitter {
    private static final List<String> JOINS = List.of("and", "or", "xor");

    private final CodeBuilder code;
    private final LaneOperands operands;
    private final LaneLocals locals;
    private final Places places;
    private final Addresses addresses;
    private final Register carry;

    LaneEmitter(CodeBuilder code, LaneLocals locals, Places places, Addresses addresses, Register carry) {
        this.code = code;
        this.operands = new LaneOperands(code, locals, places, addresses);
        this.locals = locals;
        this.places = places;
        this.addresses = addresses;
        this.carry = carry;
    }

    /** True if an instruction is arithmetic of single lanes: what {@link #emit} takes. */
    static boolean takes(Instruction i) {
        return switch (i.mnemonic()) {
            case "mov", "setp", "set", "cvt", "addc", "subc", "madc" -> true;
            case "cvta" -> true;
            case "ld" -> i.has("param") && i.operand(1) instanceof Memory m && m.base() instanceof Symbol;
            default -> i.has("cc") || method(i) != null;
        };
    }

    private static Method method(Instruction i) {
        Method exact = OpTable.find(i.opcode());
        return exact != null ? exact : OpTable.find(plain(i.opcode()));
    }

    private static String plain(String opcode) {
        return opcode.replace(".ftz", "").replace(".sat", "");
    }

    void emit(Instruction i) {
        Label skip = null;
        if (i.guard() != null) {
            skip = code.newLabel();
            operands.push(i.guard(), boolean.class, i.ptxLine());
            if (i.negated()) {
                code.ifne(skip);
            } else {
                code.ifeq(skip);
            }
        }
        body(i);
        if (skip != null) {
            code.labelBinding(skip);
        }
    }

    private void body(Instruction i) {
        switch (i.mnemonic()) {
            case "ld" -> parameter(i);
            case "setp" -> compare(i);
            case "set" -> compareToNumber(i);
            case "cvt" -> convert(i);
            case "cvta" -> genericAddress(i);
            case "mov" -> move(i);
            default -> {
                if (i.has("cc") || Registers.readsCarry(i)) {
                    withCarry(i);
                } else {
                    call(i);
                }
            }
        }
    }

    private static PtxException unknown(Instruction i) {
        return new PtxException("the emulator does not know '" + i.opcode() + "' (" + i.where() + ", line " + i.ptxLine()
                + " of the PTX)");
    }

    private void call(Instruction i) {
        Method m = OpTable.find(i.opcode());
        boolean flush = false;
        boolean saturate = false;
        if (m == null) {
            m = OpTable.find(plain(i.opcode()));
            flush = i.has("ftz");
            saturate = i.has("sat");
        }
        if (m == null || m.getParameterCount() != i.operands().size() - 1
                || saturate && m.getReturnType() != float.class) {
            throw unknown(i);
        }
        for (int k = 0; k < m.getParameterCount(); k++) {
            operands.push(i.operand(k + 1), m.getParameterTypes()[k], i.ptxLine());
            if (flush && m.getParameterTypes()[k] == float.class) {
                invoke(FloatOps.class, "flush", float.class);
            }
        }
        invoke(m);
        if (m.getReturnType() == float.class) {
            if (flush) {
                invoke(FloatOps.class, "flush", float.class);
            }
            if (saturate) {
                invoke(FloatOps.class, "saturate", float.class);
            }
        }
        operands.pop(i.operand(0), m.getReturnType(), i.ptxLine());
    }

    private void invoke(Class<?> holder, String name, Class<?>... parameters) {
        try {
            invoke(holder.getMethod(name, parameters));
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    private void invoke(Method m) {
        ClassDesc result = m.getReturnType().describeConstable().orElseThrow();
        ClassDesc[] parameters = Arrays.stream(m.getParameterTypes()).map(c -> c.describeConstable().orElseThrow())
                .toArray(ClassDesc[]::new);
        code.invokestatic(m.getDeclaringClass().describeConstable().orElseThrow(), m.getName(),
                MethodTypeDesc.of(result, parameters));
    }

    /** setp.lt.s32 p, a, b; setp.lt.and.s32 p|q, a, b, c */
    private void compare(Instruction i) {
        List<String> words = new ArrayList<>(i.modifiers());
        String join = words.size() > 2 && JOINS.contains(words.get(1)) ? words.remove(1) : null;
        if (i.operand(0) instanceof Pair pair) {
            comparison(i, words);
            joined(i, join, false);
            operands.pop(pair.first(), boolean.class, i.ptxLine());
            comparison(i, words);
            joined(i, join, true);
            operands.pop(pair.second(), boolean.class, i.ptxLine());
        } else {
            comparison(i, words);
            joined(i, join, false);
            operands.pop(i.operand(0), boolean.class, i.ptxLine());
        }
    }

    private void joined(Instruction i, String join, boolean inverted) {
        if (inverted) {
            code.iconst_1().ixor();
        }
        if (join != null) {
            operands.push(i.operand(3), boolean.class, i.ptxLine());
            switch (join) {
                case "and" -> code.iand();
                case "or" -> code.ior();
                default -> code.ixor();
            }
        }
    }

    private void comparison(Instruction i, List<String> words) {
        boolean flush = words.contains("ftz");
        Method m = OpTable.find("setp." + String.join(".", words).replace("ftz.", ""));
        if (m == null) {
            throw unknown(i);
        }
        for (int k = 0; k < 2; k++) {
            Class<?> type = m.getParameterTypes()[k];
            operands.push(i.operand(k + 1), type, i.ptxLine());
            if (flush && type == float.class) {
                invoke(FloatOps.class, "flush", float.class);
            }
        }
        invoke(m);
    }

    /** set.lt.u32.f32 d, a, b: all ones (or 1.0 for a float result) where true, else 0. */
    private void compareToNumber(Instruction i) {
        List<String> words = new ArrayList<>(i.modifiers());
        PtxType result = PtxType.of(words.remove(words.size() - 2));
        String join = words.size() > 2 && JOINS.contains(words.get(1)) ? words.remove(1) : null;
        if (result == null || result.bytes() != 4) {
            throw unknown(i);
        }
        comparison(i, words);
        joined(i, join, false);
        if (result == PtxType.F32) {
            code.i2f();
        } else {
            code.ineg();
        }
        operands.pop(i.operand(0), result == PtxType.F32 ? float.class : int.class, i.ptxLine());
    }

    private void convert(Instruction i) {
        if (OpTable.find(plain(i.opcode())) != null) {
            call(i);
            return;
        }
        List<Method> steps = ConversionPlan.of(i.modifiers());
        if (steps == null || i.operands().size() != 2) {
            throw unknown(i);
        }
        operands.push(i.operand(1), steps.getFirst().getParameterTypes()[0], i.ptxLine());
        steps.forEach(this::invoke);
        operands.pop(i.operand(0), steps.getLast().getReturnType(), i.ptxLine());
    }

    /** cvta.shared, cvta.to.shared and the like: generic addresses of shared and local memory have windows of their own. */
    private void genericAddress(Instruction i) {
        long window = i.has("shared") ? StateSpace.SHARED_BASE : i.has("local") ? StateSpace.LOCAL_BASE : 0;
        if (!i.opcode().endsWith("64") || i.has("param")) {
            throw unknown(i);
        }
        operands.push(i.operand(1), long.class, i.ptxLine());
        code.loadConstant(window);
        if (i.has("to")) {
            code.lsub();
        } else {
            code.ladd();
        }
        operands.pop(i.operand(0), long.class, i.ptxLine());
    }

    private void move(Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        if (from instanceof Group g) {
            pack(i, to, g);
        } else if (to instanceof Group g) {
            unpack(i, g, from);
        } else if (from instanceof Symbol) {
            Class<?> type = i.type().bytes() == 8 ? long.class : int.class;
            operands.push(from, type, i.ptxLine());
            operands.pop(to, type, i.ptxLine());
        } else {
            call(i);
        }
    }

    /** {a, b} side by side, the first one lowest. */
    private void pack(Instruction i, Operand to, Group parts) {
        int bits = i.type().bytes() * 8 / parts.parts().size();
        boolean wide = i.type().bytes() == 8;
        for (int k = 0; k < parts.parts().size(); k++) {
            operands.push(parts.parts().get(k), bits == 16 ? char.class : int.class, i.ptxLine());
            if (wide) {
                code.i2l().loadConstant(bits == 16 ? 0xffffL : 0xffffffffL).land();
                if (k > 0) {
                    code.loadConstant(k * bits).lshl().lor();
                }
            } else if (k > 0) {
                code.loadConstant(k * bits).ishl().ior();
            }
        }
        operands.pop(to, wide ? long.class : int.class, i.ptxLine());
    }

    private void unpack(Instruction i, Group parts, Operand from) {
        int bits = i.type().bytes() * 8 / parts.parts().size();
        boolean wide = i.type().bytes() == 8;
        for (int k = 0; k < parts.parts().size(); k++) {
            operands.push(from, wide ? long.class : int.class, i.ptxLine());
            if (wide) {
                code.loadConstant(k * bits).lushr().l2i();
            } else {
                code.loadConstant(k * bits).iushr();
            }
            if (bits == 16) {
                code.i2c();
            }
            operands.pop(parts.parts().get(k), bits == 16 ? char.class : int.class, i.ptxLine());
        }
    }

    /** ld.param at a known place: the parameter block is the same for all, so its values are filled in before. */
    private void parameter(Instruction i) {
        Memory m = (Memory) i.operand(1);
        Symbol s = (Symbol) m.base();
        PtxType type = i.type();
        List<Operand> targets = i.operand(0) instanceof Group g ? g.parts() : List.of(i.operand(0));
        addresses.variable(s.name(), i.ptxLine());
        for (int k = 0; k < targets.size(); k++) {
            boolean wide = type.bytes() == 8
                    || targets.get(k) instanceof Register r && Slots.kind(r.type()) == Slots.Kind.LONG;
            int at = Math.toIntExact(addresses.offset(s.name()) + m.offset() + (long) k * type.bytes());
            locals.pushArray(wide);
            places.pushParameter(code, at, type.bytes(), type.signed(), wide);
            code.iload(locals.lane()).iadd();
            if (wide) {
                code.laload();
            } else {
                code.iaload();
            }
            operands.pop(targets.get(k), wide ? long.class : int.class, i.ptxLine());
        }
    }

    /** add.cc, addc, sub.cc, subc, mad.lo.cc, madc.hi and so on. */
    private void withCarry(Instruction i) {
        boolean wide = i.type().bytes() == 8;
        Class<?> type = wide ? long.class : int.class;
        boolean subtract = i.mnemonic().startsWith("sub");
        boolean multiply = i.mnemonic().startsWith("mad");
        // The carry goes out first: the result may overwrite an operand.
        boolean out = i.has("cc");
        TypeKind kind = wide ? TypeKind.LONG : TypeKind.INT;
        int sum = code.allocateLocal(kind);
        terms(i, type, multiply);
        invoke(CarryOps.class, subtract ? "sub" : "add", type, type, boolean.class);
        code.storeLocal(kind, sum);
        if (out) {
            terms(i, type, multiply);
            invoke(CarryOps.class, subtract ? "subCarry" : "addCarry", type, type, boolean.class);
            operands.pop(carry, boolean.class, i.ptxLine());
        }
        code.loadLocal(kind, sum);
        operands.pop(i.operand(0), type, i.ptxLine());
    }

    private void terms(Instruction i, Class<?> type, boolean multiply) {
        if (multiply) {
            Method product = OpTable.find("mul." + (i.has("hi") ? "hi." : "lo.") + i.type().text());
            operands.push(i.operand(1), type, i.ptxLine());
            operands.push(i.operand(2), type, i.ptxLine());
            invoke(product);
            operands.push(i.operand(3), type, i.ptxLine());
        } else {
            operands.push(i.operand(1), type, i.ptxLine());
            operands.push(i.operand(2), type, i.ptxLine());
        }
        if (Registers.readsCarry(i)) {
            operands.push(carry, boolean.class, i.ptxLine());
        } else {
            code.iconst_0();
        }
    }
}
