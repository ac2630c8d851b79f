package dev.fathom.tools.gpu;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * Runs every part and writes what came of it as one Markdown file. The file is written anew after each part, so a GPU
 * that goes away in the middle leaves what was found before; a part that breaks does not keep the others from running.
 */
public final class GpuCheck {
    private final Path file;
    private final List<String> head;
    private final Consumer<String> says;
    private final List<String> sections = new ArrayList<>();
    private final List<String> summary = new ArrayList<>();
    private int failed;

    /**
     * @param file where the results go
     * @param head the first lines: what was checked, where and when
     * @param says hears words for a person who waits
     */
    public GpuCheck(Path file, List<String> head, Consumer<String> says) {
        this.file = file;
        this.head = head;
        this.says = says;
    }

    /** The parts that the class path brings besides Fathom's own. */
    public static List<CheckPart> found() {
        List<CheckPart> parts = new ArrayList<>();
        ServiceLoader.load(CheckPart.class).forEach(parts::add);
        return parts;
    }

    /** Runs parts in order; how many checks failed. */
    public int run(Device device, List<CheckPart> parts) {
        for (CheckPart part : parts) {
            says.accept(part.title());
            long start = System.nanoTime();
            CheckPart.Outcome outcome = outcome(part, device);
            String time = Durations.words((System.nanoTime() - start) * 1e-9);
            failed += outcome.failed();
            summary.add("| " + part.title() + " | " + outcome.passed() + " | " + outcome.failed() + " | "
                + outcome.skipped() + " | " + time + " |");
            sections.add("## " + part.title() + "\n\n" + String.join("\n", outcome.lines()) + "\n");
            write();
            says.accept("  " + outcome.passed() + " passed, " + outcome.failed() + " failed, " + time);
        }
        return failed;
    }

    private CheckPart.Outcome outcome(CheckPart part, Device device) {
        try {
            return part.run(device, says);
        } catch (RuntimeException | LinkageError e) {
            // A lost device, say: what the other parts find is worth having, and the count says that this one failed.
            List<String> lines = new ArrayList<>(List.of("BROKEN OFF: " + e, "", "```"));
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                lines.add(cause.toString());
                List.of(cause.getStackTrace()).stream().limit(12).forEach(frame -> lines.add("    at " + frame));
            }
            lines.add("```");
            return new CheckPart.Outcome(lines, 0, 1, 0);
        }
    }

    private void write() {
        StringBuilder text = new StringBuilder();
        head.forEach(line -> text.append(line).append('\n'));
        text.append("\n| part | passed | failed | skipped | time |\n|---|---|---|---|---|\n");
        summary.forEach(line -> text.append(line).append('\n'));
        sections.forEach(section -> text.append('\n').append(section));
        try {
            Path whole = file.toAbsolutePath();
            Files.createDirectories(whole.getParent());
            Files.writeString(whole, text);
        } catch (IOException e) {
            throw new FathomException("The results cannot be written to " + file + " (" + e
                + "); choose another file for --out.", e);
        }
    }
}
