package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.fathom.tools.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Fathom in a process of its own, for what cannot be done to the test's: signals, kills, limits. */
final class Child implements AutoCloseable {
    /** Generous, for machines with much else to do; nothing is measured by it. */
    private static final long MOST_SECONDS = 240;

    /** What java would announce on standard error, and what would make Fathom draw bars there. */
    static final List<String> OTHERS_OPTIONS = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
            "FATHOM_COLUMNS");

    private final Process process;
    private final Path out;
    private final Path err;

    private Child(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts {@code fathom words...}; what it prints goes to files in {@code folder}. */
    static Child start(Path folder, Object... words) throws IOException {
        return start(folder, List.of(), words);
    }

    /** The same, begun by a command that ends with running the words after it, such as {@code nice}. */
    static Child start(Path folder, List<String> before, Object... words) throws IOException {
        return start(folder, before, List.of(), words);
    }

    /** The same with more options of the JVM. */
    static Child start(Path folder, List<String> before, List<String> jvm, Object... words) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of(System.getProperty("fathom.root"), "tools", "jvm.args"), "-XX:-UsePerfData"));
        command.addAll(jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        Arrays.stream(words).map(Object::toString).forEach(command::add);
        Path out = folder.resolve("child.out");
        Path err = folder.resolve("child.err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeAll(OTHERS_OPTIONS);
        return new Child(builder.start(), out, err);
    }

    /** Waits until something is so or the child ends; whether it has ended before. */
    boolean ends(BooleanSupplier condition) throws InterruptedException, IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (!condition.getAsBoolean()) {
            if (!process.isAlive()) {
                return !condition.getAsBoolean();
            }
            if (System.nanoTime() > deadline) {
                fail("neither over nor where it should be within " + MOST_SECONDS + " s: " + out() + err());
            }
            Thread.sleep(2);
        }
        return false;
    }

    /** Waits until something is so, while the child lives. */
    void until(String what, BooleanSupplier condition) throws InterruptedException, IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (!condition.getAsBoolean()) {
            if (!process.isAlive()) {
                fail("the child ended with " + process.exitValue() + " before " + what + ": " + out() + err());
            }
            if (System.nanoTime() > deadline) {
                fail("not within " + MOST_SECONDS + " s: " + what + ": " + out() + err());
            }
            Thread.sleep(5);
        }
    }

    long pid() {
        return process.pid();
    }

    /** Sends it a signal by name: INT, TERM. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).inheritIO().start();
        assertEquals(0, kill.waitFor(), "kill -" + name);
    }

    /** Ends it as a power cut would. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Waits for its end; the exit code. */
    int exit() throws InterruptedException, IOException {
        if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
            fail("the child does not end: " + out() + err());
        }
        return process.exitValue();
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    /** Without the line that java prints about its vectors, which the launcher takes out. */
    String err() throws IOException {
        return String.join("\n", Files.readAllLines(err).stream()
                .filter(l -> !l.contains("incubator modules")).toList());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
