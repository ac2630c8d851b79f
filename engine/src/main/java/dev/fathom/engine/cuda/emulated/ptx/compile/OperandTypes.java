package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.arith.ConversionPlan;
import dev.fathom.engine.cuda.emulated.ptx.arith.OpTable;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Group;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/** As what Java type an arithmetic instruction reads each of its operands. */
final class OperandTypes {
    private OperandTypes() {
    }

    /** The type of operand {@code k}, which is not the first; null if it is not known. */
    static Class<?> of(Instruction i, int k) {
        return switch (i.mnemonic()) {
            case "setp", "set" -> k == 3 ? boolean.class : parameter(comparison(i), k);
            case "cvta" -> long.class;
            case "cvt" -> {
                Method whole = method(i.opcode());
                List<Method> steps = whole != null ? null : ConversionPlan.of(i.modifiers());
                yield whole != null ? parameter(whole, k) : steps == null ? null : steps.getFirst().getParameterTypes()[0];
            }
            case "mov" -> i.operand(0) instanceof Group ? wide(i) : i.operand(1) instanceof Group g
                    ? i.type().bytes() * 8 / g.parts().size() == 16 ? char.class : int.class : parameter(method(i.opcode()), k);
            default -> i.has("cc") || Registers.readsCarry(i) ? wide(i) : parameter(method(i.opcode()), k);
        };
    }

    private static Class<?> wide(Instruction i) {
        return i.type().bytes() == 8 ? long.class : int.class;
    }

    private static Class<?> parameter(Method m, int k) {
        return m == null || k > m.getParameterCount() ? null : m.getParameterTypes()[k - 1];
    }

    private static Method method(String opcode) {
        Method exact = OpTable.find(opcode);
        return exact != null ? exact : OpTable.find(opcode.replace(".ftz", "").replace(".sat", ""));
    }

    /** The comparison in a setp or set, without what is done with its result. */
    private static Method comparison(Instruction i) {
        List<String> words = new ArrayList<>(i.modifiers());
        if (i.mnemonic().equals("set")) {
            words.remove(words.size() - 2);
        }
        words.removeIf(w -> w.equals("and") || w.equals("or") || w.equals("xor") || w.equals("ftz"));
        return OpTable.find("setp." + String.join(".", words));
    }
}
