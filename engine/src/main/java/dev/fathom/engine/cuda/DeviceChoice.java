package dev.fathom.engine.cuda;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.natives.CudaProbe;
import dev.fathom.engine.cuda.natives.CudaReport;
import dev.fathom.engine.cuda.natives.CudaRuntime;
import dev.fathom.engine.cuda.selftest.SelfTest;
import dev.fathom.engine.errors.DeviceException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns the words {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:1} and {@code emulated} into a device.
 *
 * <p>{@code auto} is the first GPU if CUDA is complete on this machine and the GPU passes the short self-test, else the
 * processor. Where there is no sign of an NVIDIA driver that is known after a few microseconds, and nothing of CUDA is
 * touched.
 *
 * @param device where to compute
 * @param reason in a few words, what it is or why it is not a GPU: {@code NVIDIA H200}, {@code no NVIDIA driver}
 */
public record DeviceChoice(Device device, String reason) {
    /** What a person may write. */
    public static final String WORDS = "auto, cpu, cuda or emulated (cuda:1 is the second GPU)";

    private static final Pattern WORD = Pattern.compile("(auto|cpu|cuda|emulated)(?::(\\d{1,3}))?");

    /**
     * Checks a word without looking at the machine.
     *
     * @throws DeviceException if it names no device
     */
    public static void check(String word) {
        parse(word);
    }

    private static Matcher parse(String word) {
        Matcher matcher = WORD.matcher(word.toLowerCase(Locale.ROOT));
        if (!matcher.matches() || matcher.group(2) != null && matcher.group(1).matches("auto|cpu")) {
            throw new DeviceException("'" + word + "' is no device; there are " + WORDS + ".");
        }
        return matcher;
    }

    /**
     * Decides.
     *
     * @throws DeviceException if a GPU was asked for by name and cannot be used: one sentence that says what is missing
     */
    public static DeviceChoice of(String word) {
        Matcher matcher = parse(word);
        int index = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return switch (matcher.group(1)) {
            case "cpu" -> new DeviceChoice(Device.CPU, "as asked");
            case "emulated" -> new DeviceChoice(Device.emulated(index), "a GPU made of Java, slow and strict");
            case "cuda" -> cuda(index);
            default -> automatic();
        };
    }

    private static DeviceChoice cuda(int index) {
        CudaReport report = CudaRuntime.report();
        report.problem().ifPresent(problem -> {
            throw new DeviceException("--device cuda cannot be used here: " + problem);
        });
        if (index >= report.gpus().size()) {
            throw new DeviceException("--device cuda:" + index + " is not there; this machine has "
                + report.gpus().size() + " GPU" + (report.gpus().size() == 1 ? "" : "s") + ", counted from 0.");
        }
        return new DeviceChoice(Device.cuda(index), report.gpus().get(index).name());
    }

    private static DeviceChoice automatic() {
        if (!CudaProbe.signOfDriver()) {
            return new DeviceChoice(Device.CPU, "no NVIDIA driver");
        }
        CudaReport report = CudaRuntime.report();
        if (report.problem().isPresent()) {
            return new DeviceChoice(Device.CPU, report.problem().get());
        }
        int index = report.gpus().stream().filter(g -> g.capability() >= CudaReport.OLDEST_CAPABILITY)
            .findFirst().orElseThrow().index();
        try {
            Optional<String> failure = SelfTest.quick(Device.cuda(index));
            return failure.map(f -> new DeviceChoice(Device.CPU, f + " ('fathom doctor' tests all)"))
                .orElseGet(() -> new DeviceChoice(Device.cuda(index), report.gpus().get(index).name()));
        } catch (DeviceException | CudaException e) {
            // Another process may have the GPU for itself; auto then means the processor, and says why.
            return new DeviceChoice(Device.CPU, e.getMessage());
        }
    }

    /** One line for a person: {@code computing on cuda (NVIDIA H200)}. */
    @Override
    public String toString() {
        return "computing on " + device + " (" + reason + ")";
    }
}
