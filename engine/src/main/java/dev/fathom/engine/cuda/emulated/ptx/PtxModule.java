package dev.fathom.engine.cuda.emulated.ptx;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Function;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxFile;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxReader;
import java.util.ArrayList;
import java.util.List;

/** A PTX text with its kernels. */
public final class PtxModule {
    private final PtxFile file;
    private final List<PtxKernel> kernels = new ArrayList<>();

    private PtxModule(PtxFile file) {
        this.file = file;
        for (Function f : file.functions()) {
            if (f.entry()) {
                kernels.add(new PtxKernel(this, f));
            }
        }
    }

    /**
     * Reads a PTX text. Instructions are looked at when a kernel first runs.
     *
     * @param name for errors, usually the file's name
     * @throws PtxException if it is no PTX
     */
    public static PtxModule parse(String name, String text) {
        return new PtxModule(PtxReader.read(name, text));
    }

    public String name() {
        return file.name();
    }

    /** The architecture it was made for, for example "sm_75". */
    public String target() {
        return file.target();
    }

    /** All kernels, in order. */
    public List<PtxKernel> kernels() {
        return List.copyOf(kernels);
    }

    /**
     * A kernel by name.
     *
     * @throws PtxException if there is none, with the names there are
     */
    public PtxKernel kernel(String kernel) {
        return kernels.stream().filter(k -> k.name().equals(kernel)).findFirst().orElseThrow(() -> new PtxException(
                name() + " has no kernel '" + kernel + "'; it has " + kernels.stream().map(PtxKernel::name).toList()));
    }

    PtxFile file() {
        return file;
    }
}
