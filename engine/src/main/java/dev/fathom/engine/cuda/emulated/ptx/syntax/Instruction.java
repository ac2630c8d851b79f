package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.util.List;

/**
 * One instruction.
 *
 * @param opcode   all of it, for example {@code ld.global.v4.f32}
 * @param operands results first
 * @param guard    the predicate it depends on, or null
 * @param negated  true if it runs where the guard is false
 * @param ptxLine  its line in the PTX text
 * @param source   its line in the source, or null without line information
 */
public record Instruction(String opcode, List<Operand> operands, Operand.Register guard, boolean negated, int ptxLine,
                          SourceLine source) {
    /** The word before the first dot. */
    public String mnemonic() {
        int dot = opcode.indexOf('.');
        return dot < 0 ? opcode : opcode.substring(0, dot);
    }

    /** True if one of the words after the mnemonic is this. */
    public boolean has(String modifier) {
        return modifiers().contains(modifier);
    }

    /** The words after the mnemonic. */
    public List<String> modifiers() {
        int dot = opcode.indexOf('.');
        return dot < 0 ? List.of() : List.of(opcode.substring(dot + 1).split("\\."));
    }

    /** The last word, as a type. Null if it is none. */
    public PtxType type() {
        return PtxType.of(opcode.substring(opcode.lastIndexOf('.') + 1));
    }

    public Operand operand(int i) {
        return operands.get(i);
    }

    /** For reports: the source line, or the line of the PTX text. */
    public String where() {
        return source != null ? source.toString() : "line " + ptxLine + " of the PTX";
    }
}
