package dev.fathom.engine.cuda.natives;

import java.util.List;

/**
 * NVIDIA's own assembler for PTX, as a library inside JCuda's natives: no GPU, no driver and no toolkit are needed. It
 * is version 12.0 and takes PTX up to ISA 8.0.
 */
public interface PtxAssembler {
    /** The assembler of this process. */
    static PtxAssembler get() {
        return JcudaClassLoader.plain().instance("dev.fathom.engine.cuda.jcuda.JcudaAssembler", PtxAssembler.class);
    }

    /**
     * Assembles a PTX file.
     *
     * @param name what messages call it
     * @param ptx the text of the file
     * @param architecture a compute capability without the point: 90 for sm_90
     * @return what each of its kernels needs, in the file's order
     * @throws dev.fathom.engine.errors.FathomException with the assembler's words, if it refuses the file
     */
    List<KernelResources> assemble(String name, String ptx, int architecture);
}
