/**
 * RK3588's NPU in the device tree of QEMU's virt machine: cores, their IOMMUs and resets, as rk3588-base.dtsi has them. A
 * core's registers lie where the kernel puts the PCI device's BAR0: 64 KiB each, in the order of the slots, from the start of
 * the 32-bit window. INTA of slot n is SPI 3 + n mod 4, which a core and its IOMMU share as on the chip.
 */
const firstBar = 0x10000000;
const barBytes = 0x10000;

const hex = (value: number): string => `0x${value.toString(16)}`;

const coreNodes = (index: number): string => {
  const base = firstBar + index * barBytes;
  const interrupt = 3 + ((1 + index) % 4);
  const at = (offset: number): string => (base + offset).toString(16);
  const reg = (offset: number, bytes: number): string => `<0x0 ${hex(base + offset)} 0x0 ${hex(bytes)}>`;
  return `
	rst${index}: reset@${at(0xb000)} {
		compatible = "snps,dw-high-reset";
		reg = ${reg(0xb000, 0x100)};
		#reset-cells = <1>;
	};
	npu@${at(0)} {
		compatible = "rockchip,rk3588-rknn-core";
		reg = ${reg(0, 0x1000)}, ${reg(0x1000, 0x1000)}, ${reg(0x3000, 0x1000)};
		reg-names = "pc", "cna", "core";
		interrupts = <0 ${interrupt} 4>;
		clocks = <&npu_clk>, <&npu_clk>, <&npu_clk>, <&npu_clk>;
		clock-names = "aclk", "hclk", "npu", "pclk";
		resets = <&rst${index} 0>, <&rst${index} 1>;
		reset-names = "srst_a", "srst_h";
		iommus = <&mmu${index}>;
	};
	mmu${index}: iommu@${at(0x9000)} {
		compatible = "rockchip,rk3588-iommu", "rockchip,rk3568-iommu";
		reg = ${reg(0x9000, 0x100)}, ${reg(0xa000, 0x100)};
		interrupts = <0 ${interrupt} 4>;
		clocks = <&npu_clk>, <&npu_clk>;
		clock-names = "aclk", "iface";
		#iommu-cells = <0>;
	};`;
};

/** @param machine the device tree source of QEMU's machine */
export const withNpu = (machine: string, cores: number): string => {
  const text = machine.trimEnd();
  if (!text.endsWith('};')) throw new Error('a device tree source that does not end in "};"');
  const clock =
    '\tnpu_clk: npu-clock { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1000000000>; };';
  const nodes = Array.from({ length: cores }, (_, index) => coreNodes(index));
  return `${text.slice(0, -2)}${[clock, ...nodes].join('\n')}\n};\n`;
};
