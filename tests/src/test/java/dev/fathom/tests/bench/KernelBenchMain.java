package dev.fathom.tests.bench;

import dev.fathom.engine.cpu.Lanes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Starts {@link KernelBench} at each vector width that this machine has: a width is a property of a process, so JMH's
 * forks get it as a flag. Arguments are JMH's: {@code -p kernel=QKV,FC2 -p before=NOTHING -p bits=512 -p threads=2}.
 */
public final class KernelBenchMain {
    private KernelBenchMain() {
    }

    /** Runs; prints one table at the end, in Markdown. */
    public static void main(String[] args) throws CommandLineOptionException, RunnerException {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp()) {
            throw new IllegalArgumentException("see tests/README.md; JMH's own options are on its pages");
        }
        List<RunResult> results = new ArrayList<>();
        for (int bits : new int[] {128, 256, 512}) {
            Collection<String> wanted = options.getParameter("bits").orElse(List.of(Integer.toString(bits)));
            if (bits <= Lanes.preferredBits() && wanted.contains(Integer.toString(bits))) {
                results.addAll(new Runner(new OptionsBuilder().parent(options)
                        .include(KernelBench.class.getSimpleName()).param("bits", Integer.toString(bits))
                        .jvmArgsAppend("-D" + Lanes.PROPERTY + "=" + bits).build()).run());
            }
        }
        System.out.println("| kernel | bits | threads | before | ms | GFLOP/s | GB/s | +- |");
        System.out.println("|---|---:|---:|---|---:|---:|---:|---:|");
        for (RunResult r : results) {
            Result<?> rate = r.getPrimaryResult();
            double gflops = r.getSecondaryResults().get("gflop").getScore();
            System.out.printf(Locale.ROOT, "| %s | %s | %s | %s | %.3f | %s | %.1f | %.0f %% |%n",
                    r.getParams().getParam("kernel"), r.getParams().getParam("bits"), r.getParams().getParam("threads"),
                    r.getParams().getParam("before"), 1e3 / rate.getScore(),
                    gflops == 0 ? "-" : String.format(Locale.ROOT, "%.1f", gflops),
                    r.getSecondaryResults().get("gigabytes").getScore(),
                    100 * rate.getScoreError() / rate.getScore());
        }
    }
}
