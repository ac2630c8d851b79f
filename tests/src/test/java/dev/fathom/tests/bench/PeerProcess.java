package dev.fathom.tests.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A JVM like this one that ONNX Runtime can live in: its library ends the process (a segmentation fault, no report)
 * when the command line is longer than some 4,000 bytes, as it is with Maven's class paths. So the class path goes
 * through the environment.
 */
final class PeerProcess {
    private static final String CLASS_PATH = "CLASSPATH";

    private PeerProcess() {
    }

    /** Whether this process was started here. */
    static boolean isOne() {
        return System.getProperty("java.class.path").equals(System.getenv(CLASS_PATH));
    }

    /** A process of a main class with the flags and the class path of this one. */
    static ProcessBuilder of(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add(main.getName());
        command.addAll(arguments);
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().put(CLASS_PATH, System.getProperty("java.class.path"));
        return process;
    }
}
