package dev.fathom.tools.gpu;

import dev.fathom.engine.cuda.natives.CudaProbe;
import dev.fathom.engine.cuda.natives.CudaReport.Library;
import dev.fathom.engine.cuda.natives.CudaReport;
import dev.fathom.tools.cli.Durations;
import java.util.ArrayList;
import java.util.List;

/**
 * What there is of CUDA on this machine, for {@code fathom doctor}.
 *
 * @param facts what was found, line by line
 * @param advice what is missing, if it looks as if a GPU were meant to be used
 */
public record GpuPicture(List<Fact> facts, List<String> advice) {
    /** One line: what, and how it is. */
    public record Fact(String name, String value) {
    }

    /** Looks at this machine. */
    public static GpuPicture look() {
        return of(CudaProbe.look(), CudaProbe.signOfDriver());
    }

    /**
     * The picture of a report.
     *
     * @param sign whether this machine looks as if it had an NVIDIA driver
     */
    static GpuPicture of(CudaReport report, boolean sign) {
        List<Fact> facts = new ArrayList<>();
        CudaReport.Driver driver = report.driver();
        if (driver.path() == null) {
            facts.add(new Fact("Graphics", sign ? "an NVIDIA device, but its driver's library libcuda.so.1 is not found"
                : "no NVIDIA driver (libcuda.so.1); not needed, the processor computes"));
        } else if (driver.error() != null) {
            facts.add(new Fact("Graphics", "an NVIDIA driver that cannot be opened: " + driver.error()));
        } else {
            facts.add(new Fact("Graphics", "NVIDIA driver for CUDA " + CudaReport.dotted(driver.version()) + "  "
                + driver.path() + missing(driver.missing())));
            report.gpus().forEach(g -> facts.add(new Fact("GPU " + g.index(), g.name() + ", sm_" + g.capability() + ", "
                + Durations.bytes(g.totalBytes()))));
        }
        if (sign || driver.path() != null || report.cublas().path() != null) {
            facts.add(library(report.cublas()));
            facts.add(library(report.cudnn()));
            facts.add(library(report.nvrtc()));
        }
        boolean wanted = sign || driver.path() != null;
        if (report.complete()) {
            facts.add(new Fact("CUDA", "complete: --device auto takes the GPU if it passes its self-test"));
        }
        return new GpuPicture(facts, wanted ? report.problems() : List.of());
    }

    private static Fact library(Library library) {
        if (library.path() == null) {
            return new Fact(library.name(), "not found (" + String.join(" or ", library.wanted()) + ")"
                + (library.name().equals("NVRTC") ? ", not needed" : ""));
        }
        if (library.error() != null) {
            return new Fact(library.name(), "cannot be opened: " + library.error());
        }
        return new Fact(library.name(), version(library) + "  " + library.path() + " (" + library.place() + ")"
            + missing(library.missing()));
    }

    /** 120604 is 12.6.4 for cuBLAS, 90501 is 9.5.1 for cuDNN, 12060 is 12.6 for NVRTC. */
    private static String version(Library library) {
        int v = library.version();
        return library.name().equals("NVRTC") ? CudaReport.dotted(v)
            : v / 10000 + "." + v / 100 % 100 + "." + v % 100;
    }

    private static String missing(List<String> symbols) {
        return symbols.isEmpty() ? "" : ", LACKS " + String.join(" ", symbols);
    }
}
