package dev.fathom.engine.cuda.driver;

/**
 * One convolution with cuDNN's conventions, dense tensors. Which addresses are read and which is written follows from
 * the pass:
 * <ul>
 * <li>FORWARD ({@code cudnnConvolutionBiasActivationForward}, or {@code cudnnConvolutionForward} when there is neither
 * bias, residual nor ReLU): y = act(conv(x, w) + residual + bias); the residual is added <b>before</b> the activation;
 * <li>BACKWARD_DATA ({@code cudnnConvolutionBackwardData}): reads y as dy and w, writes x as dx;
 * <li>BACKWARD_FILTER ({@code cudnnConvolutionBackwardFilter}): reads x and y as dy, writes w as dw.
 * </ul>
 *
 * <p>alpha is 1 and beta 0: what is written is not read. Tensors of half type must start at a multiple of 16 bytes.
 *
 * @param shape what is computed
 * @param plan what the driver chose for that shape
 * @param x address of the picture (dx in BACKWARD_DATA)
 * @param w address of the weight (dw in BACKWARD_FILTER)
 * @param y address of the result (dy in the backward passes)
 * @param bias address of O numbers, or 0; FORWARD only
 * @param residual address of a tensor of y's shape, or 0; FORWARD only
 * @param relu whether max(., 0) follows; FORWARD only
 * @param workspace address of {@code plan.workspaceBytes()} bytes, or 0 when that is 0
 * @param workspaceBytes bytes at that address
 */
public record ConvCall(ConvShape shape, ConvPlan plan, long x, long w, long y, long bias, long residual, boolean relu,
                       long workspace, long workspaceBytes) {
    /** A call without bias, residual and activation. */
    public static ConvCall plain(ConvShape shape, ConvPlan plan, long x, long w, long y, long workspace) {
        return new ConvCall(shape, plan, x, w, y, 0, 0, false, workspace, plan.workspaceBytes());
    }

    /** The same call, followed by bias (or 0), residual (or 0) and ReLU. */
    public ConvCall followedBy(long biasAddress, long residualAddress, boolean withRelu) {
        return new ConvCall(shape, plan, x, w, y, biasAddress, residualAddress, withRelu, workspace, workspaceBytes);
    }
}
