package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a PTX text: the directives of the module; {@link BodyReader} reads the functions. */
public final class PtxReader {
    private final Tokens tokens;
    private final String name;
    private final LineTable lines;
    private final Map<String, Variable> variables = new LinkedHashMap<>();
    private final List<Function> functions = new ArrayList<>();
    private String target = "";

    private PtxReader(String name, String text) {
        this.name = name;
        this.tokens = new Tokens(name, text);
        this.lines = new LineTable(text);
    }

    /**
     * Reads a whole text.
     *
     * @param name for errors: usually the file's name
     * @throws PtxException if it is not PTX as this package knows it
     */
    public static PtxFile read(String name, String text) {
        return new PtxReader(name, text).module();
    }

    private PtxFile module() {
        while (tokens.peek() != null) {
            String word = tokens.next();
            switch (word) {
                case ".version", ".address_size" -> tokens.next();
                case ".target" -> target();
                case ".file" -> file();
                case ".section" -> section();
                case ".extern", ".visible", ".weak", ".common" -> { }
                case ".global", ".const", ".shared" -> moduleVariable(word.substring(1));
                case ".entry" -> function(true);
                case ".func" -> function(false);
                case ".pragma", ".alias" -> skipStatement();
                case "@@DWARF", "@" -> skipStatement();
                default -> throw tokens.error("'" + word + "' is not understood here");
            }
        }
        if (target.isEmpty()) {
            throw new PtxException(name + " is no PTX: it has no .target line");
        }
        return new PtxFile(name, target, variables, functions);
    }

    private void target() {
        target = tokens.next();
        while (tokens.skip(",")) {
            tokens.next();
        }
    }

    private void file() {
        tokens.next();
        tokens.next();
        while (tokens.skip(",")) {
            tokens.next();
        }
    }

    private void section() {
        tokens.next();
        tokens.expect("{");
        while (!tokens.skip("}")) {
            tokens.next();
        }
    }

    private void skipStatement() {
        while (!tokens.skip(";")) {
            tokens.next();
        }
    }

    private void moduleVariable(String space) {
        for (Variable v : variables(tokens, space)) {
            variables.put(v.name(), v);
        }
    }

    private void function(boolean entry) {
        List<Variable> results = List.of();
        if (!entry && "(".equals(tokens.peek())) {
            results = parameters();
        }
        int line = tokens.line();
        String functionName = tokens.next();
        List<Variable> parameters = "(".equals(tokens.peek()) ? parameters() : List.of();
        int[] maxThreads = null;
        while (!"{".equals(tokens.peek())) {
            String word = tokens.next();
            switch (word) {
                case ";" -> {
                    return; // a declaration: its body comes elsewhere
                }
                case ".maxntid" -> maxThreads = dimensions();
                case ".reqntid" -> maxThreads = dimensions();
                case ".minnctapersm", ".maxnctapersm", ".maxnreg" -> tokens.next();
                case ".noreturn" -> { }
                case ".pragma" -> skipStatement();
                default -> throw tokens.error("'" + word + "' is not understood before the body of " + functionName);
            }
        }
        functions.add(new BodyReader(tokens, lines).read(functionName, entry, parameters, results, maxThreads, line));
    }

    private int[] dimensions() {
        int[] d = {1, 1, 1};
        for (int i = 0; i == 0 || tokens.skip(","); i++) {
            d[i] = Integer.parseInt(tokens.next());
        }
        return d;
    }

    private List<Variable> parameters() {
        List<Variable> list = new ArrayList<>();
        tokens.expect("(");
        while (!tokens.skip(")")) {
            tokens.expect(".param");
            list.add(parameter());
            tokens.skip(",");
        }
        return list;
    }

    private Variable parameter() {
        int align = 0;
        while (true) {
            String word = tokens.next();
            if (word.equals(".align")) {
                align = Integer.parseInt(tokens.next());
            } else if (PtxType.of(word.substring(1)) != null) {
                return declared(tokens, "param", PtxType.of(word.substring(1)), align);
            } else if (word.equals(".ptr") || word.equals(".global") || word.equals(".const")) {
                continue; // attributes of the pointed-to memory
            } else {
                throw tokens.error("'" + word + "' is not understood in a parameter");
            }
        }
    }

    /** Reads a declaration after its space: [.align n] [.v2|.v4] .type name[count] [= initial], ... ; */
    static List<Variable> variables(Tokens tokens, String space) {
        int align = 0;
        int vector = 1;
        PtxType type = null;
        while (type == null) {
            String word = tokens.next();
            switch (word) {
                case ".align" -> align = Integer.parseInt(tokens.next());
                case ".v2" -> vector = 2;
                case ".v4" -> vector = 4;
                case ".attribute" -> throw tokens.error(".attribute is not supported");
                default -> {
                    type = PtxType.of(word.substring(1));
                    if (type == null) {
                        throw tokens.error("'" + word + "' is no type");
                    }
                }
            }
        }
        List<Variable> list = new ArrayList<>();
        do {
            Variable v = declared(tokens, space, type, align);
            int least = Math.max(v.align(), vector * type.bytes());
            list.add(new Variable(v.name(), space, type, v.count() * vector, least, v.initial()));
        } while (tokens.skip(","));
        tokens.expect(";");
        return list;
    }

    private static Variable declared(Tokens tokens, String space, PtxType type, int align) {
        String name = tokens.next();
        // Attributes of pointers: .ptr .space .align n stand between the type and the name.
        while (name.startsWith(".") || Character.isDigit(name.charAt(0))) {
            name = tokens.next();
        }
        long count = 1;
        boolean open = false;
        while (tokens.skip("[")) {
            if (tokens.skip("]")) {
                open = true;
            } else {
                count *= Long.decode(tokens.next());
                tokens.expect("]");
            }
        }
        byte[] initial = null;
        if (tokens.skip("=")) {
            List<Long> values = new ArrayList<>();
            initialValues(tokens, values);
            count = open ? values.size() : count;
            open = false;
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(count * type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
            for (long v : values) {
                switch (type.bytes()) {
                    case 1 -> bytes.put((byte) v);
                    case 2 -> bytes.putShort((short) v);
                    case 4 -> bytes.putInt((int) v);
                    default -> bytes.putLong(v);
                }
            }
            initial = bytes.array();
        }
        return new Variable(name, space, type, open ? 0 : count, align == 0 ? type.bytes() : align, initial);
    }

    private static void initialValues(Tokens tokens, List<Long> values) {
        if (tokens.skip("{")) {
            while (!tokens.skip("}")) {
                initialValues(tokens, values);
                tokens.skip(",");
            }
        } else {
            values.add(Numbers.immediate(tokens).bits());
        }
    }
}
