import { createApp } from 'vue'

import 'element-plus/es/components/dialog/style/css'
import 'element-plus/es/components/dropdown/style/css'
import 'element-plus/es/components/select/style/css'
import 'element-plus/es/components/input/style/css'

import './styles/tokens.css'
import './styles/base.css'

import App from './App.vue'
import { i18n } from './i18n'
import { router } from './router'

createApp(App).use(i18n).use(router).mount('#app')
