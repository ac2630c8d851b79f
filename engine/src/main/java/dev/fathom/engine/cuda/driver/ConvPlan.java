package dev.fathom.engine.cuda.driver;

/**
 * How a driver will compute a {@link ConvShape}: a deterministic algorithm whose workspace is within the limit that was
 * asked for.
 *
 * @param algorithm the driver's number for it ({@code cudnnConvolutionFwdAlgo_t} and its two backward twins)
 * @param workspaceBytes scratch memory that the call needs
 */
public record ConvPlan(int algorithm, long workspaceBytes) {
}
