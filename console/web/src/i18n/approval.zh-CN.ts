/** 布控审批。 */
export const approval = {
  title: '布控审批',
  hint: '需要审批的区：布控由编辑提交，另一人批准后才上线。',
  needed: '须他人批准',
  free: '编辑可直接上线',
  by: '{by} 于 {at} 设定',
  never: '默认',
  none: '还没有区',
  stale: '{by} 刚刚改过；现显示最新设置。',
}
