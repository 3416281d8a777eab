"""What the wheel is for: every Python 3, one kind of machine."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MachineHook(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = self.config["tag"]
