package dev.fathom.engine.cuda.emulated.ptx.syntax;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Group;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Memory;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Not;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Pair;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Sink;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Symbol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the body of one function: declarations, labels, instructions. */
final class BodyReader {
    private final Tokens tokens;
    private final LineTable lines;
    private final RegisterScopes registers = new RegisterScopes();
    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<String, Integer> labels = new LinkedHashMap<>();
    private final Map<String, List<String>> tables = new LinkedHashMap<>();
    private final List<Variable> variables = new ArrayList<>();
    private SourceLine source;

    BodyReader(Tokens tokens, LineTable lines) {
        this.tokens = tokens;
        this.lines = lines;
    }

    Function read(String name, boolean entry, List<Variable> parameters, List<Variable> results, int[] maxThreads,
            int line) {
        lines.begin();
        block();
        return new Function(name, entry, parameters, results, maxThreads, instructions, labels, tables, variables,
                registers.count(), line);
    }

    private void block() {
        tokens.expect("{");
        registers.open();
        while (!tokens.skip("}")) {
            statement();
        }
        registers.close();
    }

    private void statement() {
        if (tokens.peek() == null) {
            throw tokens.error("the text ends inside a function");
        }
        switch (tokens.peek()) {
            case "{" -> block();
            case ";" -> tokens.next();
            case ".loc" -> {
                tokens.next();
                source = lines.read(tokens, source);
            }
            case ".reg" -> {
                tokens.next();
                declareRegisters();
            }
            case ".shared", ".local", ".param" ->
                variables.addAll(PtxReader.variables(tokens, tokens.next().substring(1)));
            case ".pragma" -> {
                while (!tokens.skip(";")) {
                    tokens.next();
                }
            }
            default -> labelOrInstruction();
        }
    }

    private void declareRegisters() {
        String word = tokens.next();
        PtxType type = PtxType.of(word.substring(1));
        if (type == null) {
            throw tokens.error("'" + word + "' is no register type");
        }
        do {
            String name = tokens.next();
            if (tokens.skip("<")) {
                registers.declareMany(name, type, Integer.parseInt(tokens.next()));
                tokens.expect(">");
            } else {
                registers.declare(name, type);
            }
        } while (tokens.skip(","));
        tokens.expect(";");
    }

    private void labelOrInstruction() {
        int line = tokens.line();
        Register guard = null;
        boolean negated = false;
        if (tokens.skip("@")) {
            negated = tokens.skip("!");
            guard = register(tokens.next(), line);
        }
        String opcode = tokens.next();
        if (guard == null && tokens.skip(":")) {
            label(opcode);
            return;
        }
        List<Operand> operands = new ArrayList<>();
        while (!tokens.skip(";")) {
            operands.add(operand());
            if (!";".equals(tokens.peek())) {
                tokens.expect(",");
            }
        }
        instructions.add(new Instruction(opcode, List.copyOf(operands), guard, negated, line, source));
    }

    private void label(String name) {
        if (".branchtargets".equals(tokens.peek())) {
            tokens.next();
            List<String> targets = new ArrayList<>();
            do {
                targets.add(tokens.next());
            } while (tokens.skip(","));
            tokens.expect(";");
            tables.put(name, targets);
        } else if (".callprototype".equals(tokens.peek())) {
            throw tokens.error("calls through pointers are not supported");
        } else {
            labels.put(name, instructions.size());
        }
    }

    private Operand operand() {
        Operand first = simple();
        if (tokens.skip("|")) {
            return new Pair(first, simple());
        }
        return first;
    }

    private Operand simple() {
        String word = tokens.peek();
        int line = tokens.line();
        if (tokens.skip("[")) {
            return memory();
        }
        if (tokens.skip("{")) {
            return group("}");
        }
        if (tokens.skip("(")) {
            return group(")");
        }
        if (tokens.skip("!")) {
            return new Not(register(tokens.next(), line));
        }
        if (tokens.skip("_")) {
            return new Sink();
        }
        if (Numbers.starts(word)) {
            return Numbers.immediate(tokens);
        }
        tokens.next();
        if (registers.find(word) != null || word.startsWith("%")) {
            return register(word, line);
        }
        return new Symbol(word, distance());
    }

    private Operand memory() {
        Operand base = null;
        if (!Numbers.starts(tokens.peek())) {
            base = simple();
        }
        long offset = base == null ? Numbers.immediate(tokens).bits() : distance();
        if (base instanceof Symbol s) {
            base = new Symbol(s.name(), 0);
            offset = s.offset();
        }
        tokens.expect("]");
        return new Memory(base, offset);
    }

    /** [+n] or [-n] */
    private long distance() {
        if (tokens.skip("+")) {
            return Numbers.immediate(tokens).bits();
        }
        return "-".equals(tokens.peek()) ? Numbers.immediate(tokens).bits() : 0;
    }

    private Operand group(String end) {
        List<Operand> parts = new ArrayList<>();
        while (!tokens.skip(end)) {
            parts.add(operand());
            tokens.skip(",");
        }
        return new Group(List.copyOf(parts));
    }

    private Register register(String name, int line) {
        Register r = registers.find(name);
        if (r == null) {
            r = SpecialRegisters.find(name);
        }
        if (r == null) {
            throw tokens.error(line, "register '" + name + "' is not declared");
        }
        return r;
    }
}
