package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The committed tables of what each kernel needs: one Markdown file for each PTX file, a row a kernel, a column an
 * architecture, in each cell {@code registers / bytes of static shared memory}. {@code engine/make-resources} writes
 * them, a test compares.
 */
public final class ResourceTable {
    /** The compute capabilities that kernels are assembled for: Turing, Ampere (A100, RTX 30), Ada, Hopper. */
    public static final List<Integer> ARCHITECTURES = List.of(75, 80, 86, 89, 90);

    private static final Pattern CELL =
        Pattern.compile("(\\d+) / (\\d+)(?:, stack (\\d+))?(?:, spills (\\d+) \\+ (\\d+))?");

    private ResourceTable() {
    }

    /** The architectures of a PTX file by its name without the ending: NAME_sm80 needs 8.0, all others 7.5. */
    public static List<Integer> architectures(String name) {
        int least = name.endsWith("_sm80") ? 80 : 75;
        return ARCHITECTURES.stream().filter(a -> a >= least).toList();
    }

    /** Assembles a PTX file for all its architectures, several at once: a large file takes seconds. */
    public static List<KernelResources> assemble(String name, String ptx) {
        PtxAssembler assembler = PtxAssembler.get();
        return architectures(name).parallelStream().flatMap(a -> assembler.assemble(name + ".ptx", ptx, a).stream())
            .toList();
    }

    /** The table as Markdown; {@link #parse} reads it back. */
    public static String markdown(String name, List<KernelResources> rows) {
        List<Integer> architectures = architectures(name);
        StringBuilder text = new StringBuilder("# What the kernels of " + name + ".cu need\n\n"
            + "Made by `engine/make-resources " + name + "` with NVIDIA's assembler 12.0. Each cell: registers a"
            + " thread / bytes of"
            + " static shared memory a block; then, if there are any, bytes of stack and of spills (stores + loads) a"
            + " thread.\n\n"
            + "| kernel |");
        architectures.forEach(a -> text.append(" sm_").append(a).append(" |"));
        text.append("\n|---|").append("---|".repeat(architectures.size())).append('\n');
        TreeMap<String, List<KernelResources>> kernels = new TreeMap<>();
        rows.forEach(r -> kernels.computeIfAbsent(r.kernel(), k -> new ArrayList<>()).add(r));
        kernels.forEach((kernel, cells) -> {
            text.append("| ").append(kernel).append(" |");
            architectures.forEach(a -> text.append(' ').append(cells.stream().filter(c -> c.architecture() == a)
                .findFirst()
                .map(ResourceTable::cell).orElse("")).append(" |"));
            text.append('\n');
        });
        return text.toString();
    }

    private static String cell(KernelResources r) {
        return r.registers() + " / " + r.sharedBytes() + (r.stackBytes() > 0 ? ", stack " + r.stackBytes() : "")
            + (r.spills() ? ", spills " + r.spillStoreBytes() + " + " + r.spillLoadBytes() : "");
    }

    /** Reads what {@link #markdown} wrote. */
    public static List<KernelResources> parse(String markdown) {
        List<KernelResources> rows = new ArrayList<>();
        List<Integer> architectures = List.of();
        for (String line : markdown.lines().filter(l -> l.startsWith("| ")).toList()) {
            String[] cells = line.substring(2, line.length() - 2).split(" \\| ", -1);
            if (cells[0].equals("kernel")) {
                architectures = Stream.of(cells).skip(1).map(c -> Integer.valueOf(c.substring(3))).toList();
                continue;
            }
            for (int i = 1; i < cells.length; i++) {
                Matcher m = CELL.matcher(cells[i].strip());
                if (!m.matches()) {
                    throw new FathomException("The cell '" + cells[i] + "' of " + cells[0]
                        + " is not a table's; make the table again with engine/make-resources.");
                }
                rows.add(new KernelResources(cells[0], architectures.get(i - 1), number(m, 1), number(m, 2), number(m,
                    3),
                    number(m, 4), number(m, 5)));
            }
        }
        return rows;
    }

    private static int number(Matcher matcher, int group) {
        return Optional.ofNullable(matcher.group(group)).map(Integer::parseInt).orElse(0);
    }

    /**
     * One sentence for each difference between a table and the assembler's answer.
     *
     * @return empty if they agree
     */
    public static List<String> differences(List<KernelResources> table, List<KernelResources> now) {
        List<String> found = new ArrayList<>();
        for (KernelResources n : now) {
            String what = n.kernel() + " on sm_" + n.architecture();
            Optional<KernelResources> old = find(table, n);
            if (old.isEmpty()) {
                found.add(what + " is not in the table");
            } else if (!old.get().equals(n)) {
                found.add(what + ": " + cell(old.get()) + " became " + cell(n)
                    + (worse(old.get(), n) ? ", a regression" : ""));
            }
        }
        table.stream().filter(t -> find(now, t).isEmpty())
            .forEach(t -> found.add(t.kernel() + " on sm_" + t.architecture()
                + " is in the table and no longer a kernel"));
        return found;
    }

    private static Optional<KernelResources> find(List<KernelResources> rows, KernelResources like) {
        return rows.stream().filter(r -> r.kernel().equals(like.kernel()) && r.architecture() == like.architecture())
            .findFirst();
    }

    private static boolean worse(KernelResources old, KernelResources now) {
        return now.registers() > old.registers() || now.sharedBytes() > old.sharedBytes()
            || now.stackBytes() > old.stackBytes() || now.spillStoreBytes() > old.spillStoreBytes();
    }

    /**
     * Writes the tables: {@code ResourceTable FOLDER [NAME...]}, where FOLDER holds {@code ptx/} and gets
     * {@code resources/}.
     */
    public static void main(String[] args) throws IOException {
        Path cuda = Path.of(args[0]);
        List<String> names = args.length > 1 ? List.of(args).subList(1, args.length) : allNames(cuda);
        Path folder = Files.createDirectories(cuda.resolve("resources"));
        for (String name : names) {
            List<KernelResources> now = assemble(name, Files.readString(cuda.resolve("ptx/" + name + ".ptx")));
            Path file = folder.resolve(name + ".md");
            if (Files.exists(file)) {
                differences(parse(Files.readString(file)), now).forEach(line -> System.out.println("  " + line));
            }
            Files.writeString(file, markdown(name, now));
            System.out.println(file.getFileName() + ": " + now.stream().map(KernelResources::kernel).distinct().count()
                + " kernels" + now.stream().filter(KernelResources::spills)
                    .max(Comparator.comparing(KernelResources::spillStoreBytes))
                .map(worst -> "; SPILLS: " + worst).orElse(""));
        }
    }

    private static List<String> allNames(Path cuda) throws IOException {
        try (Stream<Path> files = Files.list(cuda.resolve("ptx"))) {
            return files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".ptx"))
                .map(f -> f.substring(0, f.length() - 4)).sorted().toList();
        }
    }
}
